import type { PathRight } from '#actors/policy/actions.ts'
import { PATH_RIGHTS } from '#actors/policy/actions.ts'
import { formatPath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { Refusal } from '#events/refusal.ts'

import { listed } from '#gateways/ftp/commands/site/lines.ts'
import {
  type ResultOf,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'

/** Asked where nothing is said: what members try to do. */
const USUAL: readonly PathRight[] = [
  'list',
  'download',
  'upload',
  'makedir',
  'resume',
  'overwrite',
  'rename',
  'delete',
  'filemove',
  'nuke',
  'pre',
]

export const whyCommands: SiteCommandTable = {
  WHY: {
    help: 'explains what you may do at a path, by which line of the rights',
    usage: ['<path> [<right>]'],
    words: [1, 2],
    async run({ ask, member, session, words: [said = '', right] }) {
      const path = formatPath(session.path(said))
      const { policy } = session.administration
      // Where nothing can be seen there is nothing to explain: not even that it is hidden.
      if (!(await policy.viewOf(member)).sees(path)) {
        throw new Refusal(SITE_REFUSALS.noSuchPath, `${path}: No such file or directory.`)
      }
      const rights = right === undefined ? USUAL : [right.toLowerCase()]
      if (!rights.every((each) => Object.hasOwn(PATH_RIGHTS, each))) {
        throw wrong(`a right over a path is one of ${Object.keys(PATH_RIGHTS).join(', ')}`)
      }
      const answers = await Promise.all(
        rights.map((may) => ask('policy.explain', { member: member.id, may, path })),
      )
      return listed(`What ${member.name} may do at ${path}:`, answers, COLUMNS, 'right')
    },
  },
}

type Answer = ResultOf<'policy.explain'>

const COLUMNS = [
  { title: 'right', of: ({ may }: Answer) => may },
  { title: 'may', of: ({ allowed }: Answer) => (allowed ? 'yes' : 'no') },
  { title: 'why', of: ({ reason }: Answer) => reason },
  { title: 'line', of: ({ rule }: Answer) => rule?.line ?? null },
  { title: 'rule', of: ({ rule }: Answer) => rule?.text ?? null },
]
