import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'

import type { CommandContext } from '#actors/kernel/host.ts'

/** What one process asks of the one that runs an actor. */
const requestSchema = z.strictObject({
  ask: z.enum(['send', 'state', 'deadline']),
  kind: z.string(),
  id: z.string(),
  command: z.looseObject({ type: z.string() }).optional(),
  context: z
    .strictObject({
      by: z.string().nullable(),
      flags: z.string().optional(),
      connection: z.string().nullable(),
      commandId: z.string(),
      correlationId: z.string().optional(),
      causationId: z.string().nullable().optional(),
    })
    .optional(),
})

export type HostRequest = z.output<typeof requestSchema>

/** The answer: what the host gave, its refusal, or that the actor runs elsewhere. */
export type HostAnswer =
  | { readonly given: unknown }
  | { readonly refused: { readonly code: string; readonly words: string; readonly fields: object } }
  | { readonly elsewhere: true }

export function encodeRequest(request: {
  readonly ask: HostRequest['ask']
  readonly kind: string
  readonly id: string
  readonly command?: object
  readonly context?: CommandContext
}): string {
  return JSON.stringify(request)
}

/** Throws for what no process of this version sends. */
export function decodeRequest(text: string): HostRequest {
  return requestSchema.parse(JSON.parse(text))
}

export function encodeAnswer(answer: HostAnswer): string {
  return JSON.stringify(answer)
}

export function decodeAnswer(text: string): HostAnswer {
  return JSON.parse(text) as HostAnswer
}

export function refusedAnswer({ code, message, fields }: Refusal): HostAnswer {
  return { refused: { code, words: message, fields } }
}

/** What the answer gives; throws its refusal. */
export function givenOf(answer: Exclude<HostAnswer, { elsewhere: true }>): unknown {
  if ('given' in answer) return answer.given
  const { code, words, fields } = answer.refused
  throw new Refusal(code, words, fields as Record<string, unknown>)
}
