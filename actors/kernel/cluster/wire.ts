import { z } from 'zod'

import { LOG_LIMITS } from '#events/event-log.ts'
import { Refusal } from '#events/refusal.ts'

import type { ActorState, CommandContext } from '#actors/kernel/host.ts'

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
      isGranted: z.boolean().optional(),
      connection: z.string().nullable(),
      commandId: z.string(),
      correlationId: z.string().optional(),
      causationId: z.string().nullable().optional(),
    })
    .optional(),
})

export type HostRequest = z.output<typeof requestSchema>

/**
 * The answer: what the host gave, its refusal, or that the actor runs elsewhere. A state too large
 * to be sent is named by its version alone: whoever asks makes it from the log.
 */
export type HostAnswer =
  | { readonly given: unknown }
  | { readonly refused: { readonly code: string; readonly words: string; readonly fields: object } }
  | { readonly elsewhere: true }
  | { readonly tooLarge: { readonly version: number } }

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

/** Every link carries at least one fact of the largest size. */
const STATE_CHARACTERS = LOG_LIMITS.factBytes / 4

export function encodeAnswer(answer: HostAnswer, { ask }: HostRequest): string {
  const text = JSON.stringify(answer)
  if (ask !== 'state' || !('given' in answer) || text.length <= STATE_CHARACTERS) return text
  const { version } = answer.given as ActorState
  return JSON.stringify({ tooLarge: { version } } satisfies HostAnswer)
}

export function decodeAnswer(text: string): HostAnswer {
  return JSON.parse(text) as HostAnswer
}

export function refusedAnswer({ code, message, fields }: Refusal): HostAnswer {
  return { refused: { code, words: message, fields } }
}

/** What the answer gives; throws its refusal. */
export function givenOf(
  answer: Extract<HostAnswer, { given: unknown } | { refused: object }>,
): unknown {
  if ('given' in answer) return answer.given
  const { code, words, fields } = answer.refused
  throw new Refusal(code, words, fields as Record<string, unknown>)
}
