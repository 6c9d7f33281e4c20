import { assign, setup } from 'xstate'

import {
  BOARD_LINES,
  type BoardCommand,
  type BoardContext,
  boardCommands,
} from '#actors/board/board.commands.ts'
import { defineActor } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import { type BoardDecided, type BoardFact, boardFacts } from '#events/board.facts.ts'

const boardMachine = setup({
  types: { context: {} as BoardContext, events: {} as BoardFact },
}).createMachine({
  id: 'board',
  initial: 'open',
  context: (): BoardContext => ({ lines: [] }),
  states: {
    open: {
      on: {
        'board.line-added': {
          actions: assign(({ context, event: { data, meta } }) => {
            const line = { by: meta.by, atMs: meta.at, text: data.text }
            return { lines: [...context.lines, line].slice(-BOARD_LINES) }
          }),
        },
      },
    },
  },
})

function decideBoard(_state: ActorState<BoardContext>, { text }: BoardCommand): BoardDecided[] {
  return [{ type: 'board.line-added', data: { text } }]
}

export const boardActor = defineActor({
  kind: 'board',
  machine: boardMachine,
  facts: boardFacts,
  commands: boardCommands,
  decide: decideBoard,
  snapshotEvery: 50,
  passivateAfterMs: 60_000,
  snapshotSchema: 1,
})
