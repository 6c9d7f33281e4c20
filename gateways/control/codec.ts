import { z } from 'zod'

/** One request a line, one answer a line, as JSON. */
export const controlRequest = z.discriminatedUnion('method', [
  /** Something that is administered, by the names of `CONTROL_OPERATIONS`. */
  z.object({
    method: z.literal('operate'),
    params: z.object({ operation: z.string().max(64), params: z.unknown() }),
  }),
  z.object({ method: z.literal('status'), params: z.object({}) }),
])

export type ControlRequest = z.output<typeof controlRequest>

export type ControlAnswer =
  | { readonly ok: true; readonly result: unknown }
  | {
      readonly ok: false
      readonly code: string
      readonly message: string
      /** Those of the `Refusal`. */
      readonly fields?: Readonly<Record<string, unknown>>
    }

/** Longer requests end the connection: nothing that is asked here is long. */
export const CONTROL_LINE_BYTES = 64 * 1024
/** A page of a list is longer than what it was asked with. */
export const CONTROL_ANSWER_BYTES = 4 * 1024 * 1024

/** Collects bytes into lines. `push` answers the lines that are whole, or null for too long a one. */
export function createLineReader(limitBytes: number) {
  let rest = Buffer.alloc(0)
  return {
    push(bytes: Buffer): string[] | null {
      rest = Buffer.concat([rest, bytes])
      const lines: string[] = []
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        if (end > limitBytes) return null
        lines.push(rest.toString('utf8', 0, end))
        rest = rest.subarray(end + 1)
      }
      return rest.length > limitBytes ? null : lines
    },
  }
}
