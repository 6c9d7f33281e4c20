import { z } from 'zod'

const names = z.array(z.string().max(255)).max(1_000).readonly()

/** What a thread says of its handlers: it runs what anybody has written, so nothing is believed. */
const registered = z.strictObject({
  event: z.enum([
    'upload.before',
    'upload.after',
    'directory.before',
    'command.before',
    'command.after',
    'fact',
  ]),
  filter: z.strictObject({
    sections: names.optional(),
    paths: names.optional(),
    members: names.optional(),
    groups: names.optional(),
    commands: names.optional(),
    types: names.optional(),
  }),
  budgetMs: z.number().int().min(10).max(60_000),
  onFailure: z.enum(['pass', 'veto']),
})
export type Registered = z.output<typeof registered>

const answer = z.union([
  z.enum(['pass', 'consume']),
  z.strictObject({ veto: z.string().max(2_000) }),
])
export type ThreadAnswer = z.output<typeof answer>

const words = z.string().max(2_000)

export const fromThread = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), handlers: z.array(registered).max(200) }),
  /** The file cannot be loaded. */
  z.object({ kind: z.literal('broken'), words }),
  z.object({ kind: z.literal('answer'), id: z.number(), answer }),
  z.object({ kind: z.literal('threw'), id: z.number(), words }),
  z.object({ kind: z.literal('answer-invalid'), id: z.number() }),
  /** What `every` runs has thrown. */
  z.object({ kind: z.literal('timer-threw'), words }),
  z.object({ kind: z.literal('log'), words }),
  /** A value as JSON; null: deleted. */
  z.object({
    kind: z.literal('store'),
    key: z.string().max(255),
    value: z.string().max(65_536).nullable(),
  }),
])
export type FromThread = z.output<typeof fromThread>

/** `handler` -1 asks whether the thread still listens. */
export interface Ask {
  readonly id: number
  readonly handler: number
  readonly about: unknown
}

export const LISTENS = -1

export interface ThreadData {
  readonly file: string
  /** Keys and values as JSON. */
  readonly stored: readonly (readonly [string, string])[]
}

export const STORE_LIMITS = { valueBytes: 65_536, allBytes: 2 ** 20, keyCharacters: 255 } as const
