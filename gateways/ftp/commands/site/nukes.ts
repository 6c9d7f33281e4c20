import type { Nuke } from '#projections/read-models.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'

import { listed, mebibytes, moment } from '#gateways/ftp/commands/site/lines.ts'
import {
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { countIn } from '#gateways/ftp/commands/site/words.ts'

const SHOWN = '10'
const SHOWN_MAX = 100
/** Multipliers are compared with the section's own limit later. */
const MULTIPLIER_MAX = 1_000
const REASON_CHARACTERS = 200
/** Of an unnuke: glFTPd takes one without. */
const NO_REASON = 'no reason given'
/** Nukes looked through for those that the caller may see. */
const LOOKED_THROUGH = 1_000

/** What was bad, and whose it was. */
export const nukeCommands: SiteCommandTable = {
  NUKE: {
    help: 'takes the credits for a release back, with a penalty; 0 takes none',
    usage: ['<dir> <multiplier> <reason>'],
    words: [3],
    isChange: true,
    async run(call) {
      const [dir = '', times = ''] = call.words
      const multiplier = countIn(times.replace(/x$/i, ''), 0, MULTIPLIER_MAX)
      if (multiplier === undefined) throw wrong('the multiplier is a whole number, as 3')
      const { session } = call
      const reason = reasonOf(call.rest(2))
      const path = session.path(dir)
      const done = await session.site.nuke(callerOf(call), path, multiplier, reason)
      session.caused(done.receipt)
      const { nukees = [], empty = null } = done.nuked
      const title = `Nuke of ${done.release} has succeeded: ${multiplier}x, ${reason}.`
      const rows = [...nukees, ...(empty ? [{ ...empty, group: '-', files: 0 }] : [])]
      return listed(title, rows, NUKEE_COLUMNS, 'nukee')
    },
  },
  UNNUKE: {
    help: 'undoes a nuke and what it has cost',
    usage: ['<dir> [<reason>]'],
    words: [1],
    isChange: true,
    async run(call) {
      const { session, words } = call
      const reason = words.length > 1 ? reasonOf(call.rest(1)) : ''
      const path = session.path(words[0]!)
      const done = await session.site.unnuke(callerOf(call), path, reason || NO_REASON)
      session.caused(done.receipt)
      return `Unnuke of ${done.release} has succeeded${reason && `: ${reason}`}.`
    },
  },
  NUKES: {
    help: 'lists nukes, the last first',
    usage: ['[<count>]'],
    words: [0, 1],
    run: (call) => nukes(call, false),
  },
  UNNUKES: {
    help: 'lists nukes that were undone, the last first',
    usage: ['[<count>]'],
    words: [0, 1],
    run: (call) => nukes(call, true),
  },
  NUKETOP: {
    help: 'ranks members by how often they were nuked',
    usage: ['[<count>]'],
    words: [0, 1],
    async run({ session, words: [text] }) {
      const found = await session.readModels.topNukees(countOf(text))
      const ranked = found.map((each, index) => ({ ...each, rank: index + 1 }))
      return listed(
        'Most nuked:',
        ranked,
        [
          { title: '#', of: ({ rank }) => rank },
          { title: 'name', of: ({ member }) => member },
          { title: 'nukes', of: ({ nukes: count }) => count },
          { title: 'files', of: ({ files }) => files },
          { title: 'MiB', of: ({ sizeBytes }) => mebibytes(sizeBytes) },
          { title: 'last, UTC', of: ({ lastAt }) => moment(lastAt) },
        ],
        'member',
      )
    },
  },
}

/** In the name of the account as it is now. */
export function callerOf({ session, member }: SiteCall): SiteCaller {
  return { member, context: () => session.caller().context() }
}

async function nukes({ session, member, words: [text] }: SiteCall, isUndone: boolean) {
  const limit = countOf(text)
  const view = await session.administration.policy.viewOf(member)
  const found = await session.readModels.nukes({ isUndone, limit: LOOKED_THROUGH })
  const seen = found.filter(({ section, release, name }) =>
    [release, name].every((each) => view.sees(`/${section}/${each}`)),
  )
  const columns = [...COLUMNS, ...(isUndone ? UNNUKE_COLUMNS : [])]
  return listed(isUndone ? 'Unnukes:' : 'Nukes:', seen.slice(0, limit), columns, 'nuke')
}

const NUKEE_COLUMNS = [
  { title: 'nukee', of: ({ member }: { member: string }) => member },
  { title: 'group', of: ({ group }: { group: string }) => group },
  { title: 'files', of: ({ files }: { files: number }) => files },
  { title: 'MiB', of: ({ sizeBytes }: { sizeBytes: number }) => mebibytes(sizeBytes) },
]

const COLUMNS = [
  { title: 'when, UTC', of: ({ at }: Nuke) => moment(at) },
  { title: 'section', of: ({ section }: Nuke) => section },
  { title: 'release', of: ({ name }: Nuke) => name },
  { title: 'x', of: ({ multiplier }: Nuke) => multiplier },
  { title: 'MiB', of: ({ sizeBytes }: Nuke) => mebibytes(sizeBytes) },
  { title: 'by', of: ({ nuker }: Nuke) => nuker },
  { title: 'nukees', of: ({ nukees }: Nuke) => nukees.map(({ member }) => member).join(',') },
  { title: 'reason', of: ({ reason }: Nuke) => reason },
]

const UNNUKE_COLUMNS = [
  { title: 'undone, UTC', of: ({ unnukedAt }: Nuke) => moment(unnukedAt) },
  { title: 'by', of: ({ unnuker }: Nuke) => unnuker },
  { title: 'because', of: ({ unnukeReason }: Nuke) => unnukeReason },
]

function reasonOf(text: string): string {
  if (text === '' || text.length > REASON_CHARACTERS) {
    throw wrong(`a reason has 1 to ${REASON_CHARACTERS} characters`)
  }
  return text
}

function countOf(text = SHOWN): number {
  const count = countIn(text, 1, SHOWN_MAX)
  if (count === undefined) throw wrong(`a count is 1 to ${SHOWN_MAX}`)
  return count
}
