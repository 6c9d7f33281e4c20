import { z } from 'zod'

/** The board that `SITE ONEL` writes on. */
export const ONE_LINERS = 'one-liners'

/** Lines that a board shows: older ones are in the log alone. */
export const BOARD_LINES = 10

export const LINE_CHARACTERS = 120

export const boardCommands = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('board.add-line'),
    text: z.string().trim().min(1).max(LINE_CHARACTERS),
  }),
])

export type BoardCommand = z.output<typeof boardCommands>

export interface BoardContext {
  /** The last ones, the oldest first. */
  lines: { by: string | null; atMs: number; text: string }[]
}
