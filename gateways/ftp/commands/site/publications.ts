import type { SitePath } from '#gateways/site/path.ts'
import type { PublicationPreview } from '#gateways/site/releases/publication-preview.ts'

import { listed, mebibytes, moment } from '#gateways/ftp/commands/site/lines.ts'
import { callerOf } from '#gateways/ftp/commands/site/nukes.ts'
import { publicationTime } from '#gateways/ftp/commands/site/publication-time.ts'
import {
  type SiteAnswer,
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'

/** How the groups of the site publish their releases. */
export const publicationCommands: SiteCommandTable = {
  PRE: {
    help: "publishes a release of one's group, now or at a time",
    usage: [
      '<release> [<section>] [AT <time>]: a time in UTC as 20:00 or 2026-11-21T20:00Z, or +30m',
      '-n <release> [<section>]: says what would happen',
      '-c <release>: takes the time back',
    ],
    words: [1],
    isChange: true,
    run(call) {
      const [first = ''] = call.words
      const name = first.toLowerCase()
      if (name === '-n') return preview(call, call.words.slice(1))
      if (name === '-c') return cancel(call, call.words.slice(1))
      return publish(call)
    },
  },
  PREVIEW: {
    help: 'says what publishing a release would do, and does nothing',
    usage: ['<release> [<section>]'],
    words: [1, 2],
    run: (call) => preview(call, call.words),
  },
  PRES: {
    help: 'lists the releases for whose publication a time is set, or that failed',
    usage: [''],
    words: [0, 0],
    async run(call) {
      const found = await call.session.site.setPublications(callerOf(call))
      return listed(
        'To be published:',
        found,
        [
          { title: 'when, UTC', of: ({ dueAtMs }) => moment(dueAtMs) },
          { title: 'from', of: ({ section }) => section },
          { title: 'release', of: ({ release }) => release },
          { title: 'to', of: ({ to }) => to },
          { title: 'by', of: ({ by }) => by },
          { title: 'state', of: ({ state, failure }) => failure?.words ?? state },
        ],
        'release',
      )
    },
  },
  ADDAFFIL: {
    help: 'makes a group an affil, with a pre section that it alone sees',
    usage: ['<group> [<section> ...]: the sections are where it publishes; default: all'],
    words: [1],
    isChange: true,
    async run({ ask, words: [group = '', ...targets] }) {
      const params = { group, ...(targets.length > 0 && { targets }) }
      const { section, targets: all } = await ask('affil.add', params)
      return `/${section} is made; it publishes in ${all.join(', ')}.`
    },
  },
  DELAFFIL: {
    help: 'ends that a group is an affil, when its pre section is empty',
    usage: ['<group>'],
    words: [1, 1],
    isChange: true,
    async run({ ask, words: [said = ''] }) {
      const { group } = await ask('affil.remove', { group: said })
      return `${group} is no affil any more.`
    },
  },
  AFFILS: {
    help: 'lists the affils whose pre sections you see',
    usage: [''],
    words: [0, 0],
    async run({ ask }) {
      const { items } = await ask('affil.list', {})
      return listed(
        'Affils:',
        items,
        [
          { title: 'group', of: ({ group }) => group },
          { title: 'section', of: ({ section }) => section },
          { title: 'publishes in', of: ({ targets }) => targets.join(', ') },
        ],
        'affil',
      )
    },
  },
}

async function publish(call: SiteCall): Promise<SiteAnswer> {
  const { session, words } = call
  const [release = '', ...rest] = words
  const at = rest.findIndex((word) => word.toUpperCase() === 'AT')
  const [to, ...more] = at < 0 ? rest : rest.slice(0, at)
  const time = at < 0 ? undefined : rest.slice(at + 1)
  if (more.length > 0 || (time && time.length !== 1)) throw wrong('that is not understood')
  const path = session.path(release)
  if (!time) {
    const { receipt, preview: done } = await session.site.publish(callerOf(call), path, to)
    session.caused(receipt)
    return `${done.release} is published in ${done.to}: ${figures(done)}.`
  }
  const dueAtMs = publicationTime(time[0]!, session.now())
  if (dueAtMs === undefined) throw wrong('a time is 20:00, 2026-11-21T20:00Z or +30m')
  const { receipt, preview: foreseen } = await session.site.schedulePublication(
    callerOf(call),
    path,
    to,
    dueAtMs,
  )
  session.caused(receipt)
  const title = `${foreseen.release} will be published in ${foreseen.to} at ${moment(dueAtMs)} UTC.`
  return [title, ...foreseen.findings.map(finding), 'SITE PRE -c takes that back.']
}

async function preview(call: SiteCall, [release, to, ...more]: readonly string[]) {
  if (release === undefined || more.length > 0) throw wrong('a release and a section are said')
  const { session } = call
  const path: SitePath = session.path(release)
  const seen = await session.site.previewPublication(callerOf(call), path, to)
  const isStopped = seen.findings.some(({ isBlocking }) => isBlocking)
  const title = `${seen.release} would ${isStopped ? 'not ' : ''}be published in ${seen.to}: ${figures(seen)}.`
  const [head = '', ...rows] = listed(title, seen.uploaders, UPLOADER_COLUMNS, 'uploader')
  return [head, ...seen.findings.map(finding), ...rows]
}

async function cancel(call: SiteCall, [release, ...more]: readonly string[]) {
  if (release === undefined || more.length > 0) throw wrong('a release is said')
  const { session } = call
  const path = session.path(release)
  session.caused(await session.site.cancelPublication(callerOf(call), path))
  return 'The time is taken back.'
}

function figures({ files, sizeBytes }: PublicationPreview): string {
  return `${files} file${files === 1 ? '' : 's'}, ${mebibytes(sizeBytes)} MiB`
}

function finding({ isBlocking, words }: PublicationPreview['findings'][number]): string {
  return ` ${isBlocking ? 'In the way' : 'Mind'}: ${words}.`
}

type Uploader = PublicationPreview['uploaders'][number]

const UPLOADER_COLUMNS = [
  { title: 'uploader', of: ({ member }: Uploader) => member },
  { title: 'files', of: ({ files }: Uploader) => files },
  { title: 'bytes', of: ({ sizeBytes }: Uploader) => sizeBytes },
  { title: 'credits', of: ({ creditBytes }: Uploader) => creditBytes },
]
