import type { Audio } from '#events/race.facts.ts'

/** To the process: a file to look into, and the bytes that it has asked for. */
export type ToAudioProcess =
  | { readonly kind: 'look'; readonly name: string; readonly sizeBytes: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }

export type FromAudioProcess =
  | { readonly kind: 'read'; readonly at: number; readonly lengthBytes: number }
  | { readonly kind: 'found'; readonly audio: Audio | undefined }
