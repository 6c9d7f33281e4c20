import { seenFiles, seenReleases } from '#gateways/site/releases/dirlog.ts'
import type { ReleaseEntry, ReleaseFileEntry } from '#projections/release-models.ts'

import { countAndSection } from '#gateways/ftp/commands/site/count-and-section.ts'
import { listed, mebibytes, moment } from '#gateways/ftp/commands/site/lines.ts'
import { withSeenGroups } from '#gateways/ftp/commands/site/seen-groups.ts'
import {
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'

const NEW_SHOWN = 10
/** Of a search. */
const FOUND_SHOWN = 50
const WORDS_AT_MOST = 10

/** What was brought: by its names, the newest first. */
export const searchCommands: SiteCommandTable = {
  NEW: {
    help: 'lists the newest releases, of all sections or of one',
    usage: ['[<count>] [<section>]'],
    words: [0, 2],
    async run(call) {
      const { limit, section } = countAndSection(call.words, NEW_SHOWN)
      const query = { limit, isHere: true, ...(section !== undefined && { section }) }
      return await releasesIn(call, 'The newest releases:', query)
    },
  },
  SEARCH: {
    help: 'finds releases that are here, by all the words of their names that are said',
    usage: ['<word> ...'],
    words: [1, WORDS_AT_MOST],
    run(call) {
      const query = { limit: FOUND_SHOWN, isHere: true, words: searched(call) }
      return releasesIn(call, 'Found:', query)
    },
  },
  DUPE: {
    help: 'finds releases that are or were here, by words of their names',
    usage: ['<word> ...'],
    words: [1, WORDS_AT_MOST],
    run(call) {
      return releasesIn(call, 'Was here:', { limit: FOUND_SHOWN, words: searched(call) })
    },
  },
  FDUPE: {
    help: 'finds files that are or were here, by words of their names',
    usage: ['<word> ...'],
    words: [1, WORDS_AT_MOST],
    async run(call) {
      const { session, member } = call
      const deps = { ...session.administration, readModels: session.readModels }
      const found = await seenFiles(deps, member, searched(call), FOUND_SHOWN)
      return listed('Was here:', found, FILE_COLUMNS, 'file')
    },
  },
  UPDATE: {
    help: 'tells that the list of releases needs no update',
    usage: ['[<path>]'],
    words: [0],
    run: () =>
      'What is made and removed is in SITE NEW and SITE SEARCH at once: there is nothing to update.',
  },
}

/** `*` is for those who are used to it: a word is found anywhere in a name. */
function searched({ words }: SiteCall): string[] {
  const said = words.flatMap((word) => word.split('*')).filter((word) => word !== '')
  if (said.length === 0) throw wrong('no word is said')
  return said
}

async function releasesIn(
  call: SiteCall,
  title: string,
  query: Parameters<typeof seenReleases>[2],
): Promise<string[]> {
  const { session, member } = call
  const deps = { ...session.administration, readModels: session.readModels }
  const { items } = await seenReleases(deps, member, query)
  return listed(title, await withSeenGroups(call, items), COLUMNS, 'release')
}

type Row = Omit<ReleaseEntry, 'group'> & { readonly group: string | null }

const COLUMNS = [
  { title: 'when, UTC', of: ({ createdAt }: Row) => moment(createdAt) },
  { title: 'section', of: ({ section }: Row) => section },
  { title: 'name', of: ({ name }: Row) => name },
  { title: 'by', of: ({ maker }: Row) => maker },
  { title: 'group', of: ({ group }: Row) => group },
  { title: 'files', of: ({ files }: Row) => files },
  { title: 'MiB', of: ({ sizeBytes }: Row) => mebibytes(sizeBytes) },
  { title: 'is', of: (row: Row) => stateOf(row) },
]

function stateOf({ gone, isNuked, completedAt, files }: Row): string {
  if (gone !== null) return gone
  if (isNuked) return 'nuked'
  if (completedAt !== null) return 'complete'
  return files === 0 ? 'empty' : 'open'
}

const FILE_COLUMNS = [
  { title: 'when, UTC', of: ({ broughtAt }: ReleaseFileEntry) => moment(broughtAt) },
  { title: 'file', of: ({ file }: ReleaseFileEntry) => file },
  { title: 'in', of: ({ section, release }: ReleaseFileEntry) => `/${section}/${release}` },
  { title: 'by', of: ({ member }: ReleaseFileEntry) => member },
  { title: 'MiB', of: ({ sizeBytes }: ReleaseFileEntry) => mebibytes(sizeBytes) },
  { title: 'is', of: ({ state }: ReleaseFileEntry) => state },
]
