import { requestName } from '#actors/request/request.commands.ts'
import type { MadeRequest, RequestState } from '#projections/read-models.ts'

import { listed, moment } from '#gateways/ftp/commands/site/lines.ts'
import { callerOf } from '#gateways/ftp/commands/site/nukes.ts'
import { assertScope } from '#gateways/ftp/commands/site/site-call.ts'
import {
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'

const SHOWN = 100

/** What members ask each other for. */
export const requestCommands: SiteCommandTable = {
  REQUEST: {
    help: 'asks the others for a release, or lists what is asked for',
    usage: ['<name> [for <section>]', ''],
    isChange: true,
    async run(call) {
      const { session, words } = call
      if (words.length === 0) return await list(call, 'open')
      const said = call.rest(0)
      const [, wanted = said, section] = /^(.+?)\s+for\s+(\S+)$/i.exec(said) ?? []
      const name = nameOf(wanted)
      session.caused(await session.site.request(callerOf(call), name, section ?? null))
      return `${name} is asked for.`
    },
  },
  REQFILLED: {
    help: 'says that what was asked for is here',
    usage: ['<name> [<path>]', 'a name with spaces stands in quotes'],
    words: [1, 2],
    isChange: true,
    async run(call) {
      const { session, words } = call
      const name = nameOf(words[0]!)
      const path = words[1] === undefined ? null : session.path(words[1])
      session.caused(await session.site.fillRequest(callerOf(call), name, path))
      return `${name} is filled.`
    },
  },
  REQDEL: {
    help: 'takes a request back',
    usage: ['<name>'],
    words: [1],
    isChange: true,
    async run(call) {
      const name = nameOf(call.rest(0))
      call.session.caused(await call.session.site.withdrawRequest(callerOf(call), name))
      return `${name} is asked for no more.`
    },
  },
  REQUESTS: {
    help: 'lists what is asked for, or what was filled, the last first',
    usage: ['[FILLED]'],
    words: [0, 1],
    run(call) {
      const [which] = call.words
      if (which !== undefined && which.toUpperCase() !== 'FILLED') throw wrong('it is FILLED')
      return list(call, which === undefined ? 'open' : 'filled')
    },
  },
}

async function list(call: SiteCall, state: RequestState): Promise<string[]> {
  assertScope(call.member, 'read')
  const found = await call.session.site.requests(callerOf(call), state, SHOWN)
  const isFilled = state === 'filled'
  const columns = [...COLUMNS, ...(isFilled ? FILLED_COLUMNS : [])]
  return listed(isFilled ? 'Filled:' : 'Asked for:', found, columns, 'request')
}

const COLUMNS = [
  { title: 'when, UTC', of: ({ madeAt }: MadeRequest) => moment(madeAt) },
  { title: 'name', of: ({ name }: MadeRequest) => name },
  { title: 'section', of: ({ section }: MadeRequest) => section },
  { title: 'by', of: ({ madeBy }: MadeRequest) => madeBy },
]

const FILLED_COLUMNS = [
  { title: 'filled by', of: ({ endedBy }: MadeRequest) => endedBy },
  { title: 'where', of: ({ path }: MadeRequest) => path },
]

function nameOf(text: string): string {
  const bare = /^"(.*)"$/.exec(text.trim())?.[1] ?? text
  const { success, data } = requestName.safeParse(bare)
  if (!success) throw wrong('a name has 2 to 150 characters, and no slashes')
  return data
}
