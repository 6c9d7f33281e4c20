import {
  type BoardCommand,
  type BoardContext,
  LINE_CHARACTERS,
  ONE_LINERS,
} from '#actors/board/board.commands.ts'

import { listed, moment } from '#gateways/ftp/commands/site/lines.ts'
import { type SiteCommandTable, wrong } from '#gateways/ftp/commands/site/site-command.ts'

const BOARD = { kind: 'board', id: ONE_LINERS } as const

/** What members write for everybody. */
export const oneLinerCommands: SiteCommandTable = {
  ONEL: {
    help: 'shows the last one-liners, or adds yours',
    usage: ['', '<text>'],
    isChange: true,
    async run({ session, words, rest, assertMay }) {
      await assertMay('message')
      if (words.length === 0) {
        const { context } = await session.host.state<BoardContext>(BOARD)
        return listed('One-liners:', context.lines, COLUMNS, 'line')
      }
      const text = rest(0)
      if (text.length > LINE_CHARACTERS) throw wrong(`a line has ${LINE_CHARACTERS} characters`)
      const command: BoardCommand = { type: 'board.add-line', text }
      session.caused(await session.host.send(BOARD, command, session.connection.context()))
      return 'Your line is added.'
    },
  },
}

type Line = BoardContext['lines'][number]

const COLUMNS = [
  { title: 'when, UTC', of: ({ atMs }: Line) => moment(atMs) },
  { title: 'by', of: ({ by }: Line) => by },
  { title: 'line', of: ({ text }: Line) => text },
]
