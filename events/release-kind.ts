import { lastOf } from '#events/release-paths.ts'

/** pzs-ng's kinds of release: what the files in it are, mostly. */
export const RELEASE_KINDS = ['RAR', 'ZIP', 'AUDIO', 'VIDEO', 'OTHER'] as const
export type ReleaseKind = (typeof RELEASE_KINDS)[number]

/** `.rar`, `.r00` to `.z99` and `.001`: the parts of one archive. */
const BY_NAME: readonly (readonly [ReleaseKind, RegExp])[] = [
  ['RAR', /\.(rar|[r-z]\d\d|\d{3})$/i],
  ['ZIP', /\.zip$/i],
  ['AUDIO', /\.(mp3|flac|ogg|opus|m4a|aac|wma|wav|ape|aiff?|mpc|wv)$/i],
  ['VIDEO', /\.(mkv|avi|mp4|m4v|mpe?g|m2?ts|vob|wmv|mov|webm|divx)$/i],
]

const SIDE_FOLDER = /^(samples?|proofs?|subs?|covers?|extras?)$/i
const SAMPLE_NAME = /(^|[^a-z])sample([^a-z]|$)/i
const DISC = /^(cd|dis[ck]|dvd|part)[-_. ]?\d{1,3}$/i

/** Undefined for what is there beside the release's own files. */
export function kindOfFile(path: string): ReleaseKind | undefined {
  if (isBeside(path)) return undefined
  return BY_NAME.find(([, pattern]) => pattern.test(path))?.[0]
}

/** The kind that most names are of; of two that are as many, the one that stands first. */
export function kindOf(paths: Iterable<string>): ReleaseKind {
  const counts: { [K in ReleaseKind]?: number } = {}
  for (const path of paths) {
    const kind = kindOfFile(path)
    if (kind) counts[kind] = (counts[kind] ?? 0) + 1
  }
  return mostOf(counts)
}

export function mostOf(counts: { readonly [K in ReleaseKind]?: number }): ReleaseKind {
  let most: ReleaseKind = 'OTHER'
  for (const kind of RELEASE_KINDS) if ((counts[kind] ?? 0) > (counts[most] ?? 0)) most = kind
  return most
}

export function isSfv(path: string): boolean {
  return path.toLowerCase().endsWith('.sfv')
}

export function isNfo(path: string): boolean {
  return path.toLowerCase().endsWith('.nfo')
}

export function isZip(path: string): boolean {
  return path.toLowerCase().endsWith('.zip')
}

export function isAudio(path: string): boolean {
  return BY_NAME.some(([kind, pattern]) => kind === 'AUDIO' && pattern.test(path))
}

/** The text that a zip has with it, when it lies beside the zips. */
export function isDiz(path: string): boolean {
  return lastOf(path).toLowerCase() === 'file_id.diz'
}

/** A file in a folder `Sample`, or a film that is called so. */
export function isSample(path: string): boolean {
  const parts = path.split('/')
  if (parts.slice(0, -1).some((part) => /^samples?$/i.test(part))) return true
  return SAMPLE_NAME.test(lastOf(path)) && /\.(mkv|avi|mp4|m4v|mpe?g|m2?ts|vob|wmv)$/i.test(path)
}

/** In a folder for what comes with a release: samples, proofs, subtitles, covers. */
export function isBeside(path: string): boolean {
  return path
    .split('/')
    .slice(0, -1)
    .some((part) => SIDE_FOLDER.test(part))
}

/** `CD1`, `Disc 2`: one of the discs that together are the release. */
export function isDisc(directory: string): boolean {
  return DISC.test(directory)
}
