import { z } from 'zod'

/** Of a request: it becomes part of a directory's name. */
export const requestName = z
  .string()
  .trim()
  .min(2)
  .max(150)
  .regex(/^[^\p{Cc}/\\]+$/u, 'has no slashes and no control characters')

/** Who sends these has been asked about with the right `request`. */
export const requestCommands = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('request.make'),
    name: requestName,
    section: z.string().min(1).max(64).nullable(),
  }),
  z.object({ type: z.literal('request.fill'), path: z.string().min(1).max(2_048).nullable() }),
  /** By who made it, or whom the policy grants it. */
  z.object({ type: z.literal('request.withdraw') }),
])

export type RequestCommand = z.output<typeof requestCommands>

/** Requests of one member that are open at a time. */
export const REQUESTS_A_MEMBER = 10

export const REQUEST_REFUSALS = {
  /** Fields `member`, `name`. */
  requestExists: 'request-exists',
  noSuchRequest: 'no-such-request',
  notYours: 'not-yours',
  /** Field `limit`. */
  tooManyRequests: 'too-many-requests',
} as const

/** State values: `none`, `open`. What was filled or withdrawn may be asked for again. */
export interface RequestContext {
  name: string
  section: string | null
  by: string
  atMs: number
}
