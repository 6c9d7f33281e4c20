import { type ExpressionBuilder, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'

import { decodeCursor, pageLimit, pageOf } from '#projections/kernel/cursor.ts'
import { storableText } from '#projections/kernel/storable-text.ts'
import {
  currentPosition,
  type ReadModelDatabase,
  type ReadModelTables,
} from '#projections/read-model-database.ts'
import {
  type DupesQuery,
  type ReleaseEntry,
  type ReleaseFileEntry,
  type ReleaseFilesQuery,
  type ReleaseModels,
  type ReleasesQuery,
  SEARCHED_AT_MOST,
} from '#projections/release-models.ts'
import { foldedName } from '#projections/releases/releases.projection.ts'

const LIST = 'releases'
const FILES_LIST = 'release-files'

/** Bearers of one name that are looked at. */
const DUPES_AT_MOST = 50

type Builder = ExpressionBuilder<ReadModelTables, never>
type Found<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }

export function releaseQueries(db: ReadModelDatabase): ReleaseModels {
  return {
    async releases(query) {
      const { rows, position } = await db
        .selectNoFrom((eb) => [
          jsonArrayFrom(entries(eb, query)).as('rows'),
          currentPosition(eb).as('position'),
        ])
        .executeTakeFirstOrThrow()
      return { ...pageBy(LIST, rows, query.limit), position }
    },

    async releaseFiles(query) {
      const { rows, position } = await db
        .selectNoFrom((eb) => [
          jsonArrayFrom(files(eb, query)).as('rows'),
          currentPosition(eb).as('position'),
        ])
        .executeTakeFirstOrThrow()
      return { ...pageBy(FILES_LIST, rows, query.limit), position }
    },

    async dupesOf({ of, name, except = '', ...query }) {
      const folded = foldedName(storableText(name))
      const { marks, rows } = await db
        .selectNoFrom((eb) => [
          jsonArrayFrom(
            eb
              .selectFrom('dupe_marks')
              .where('of', '=', of)
              .where('folded', '=', folded)
              .select(['is_dupe', 'position']),
          ).as('marks'),
          jsonArrayFrom(
            of === 'release' ? namesakes(eb, folded, query) : fileNamesakes(eb, folded, query),
          ).as('rows'),
        ])
        .executeTakeFirstOrThrow()
      const [mark] = marks
      const clearedAt = mark && !mark.is_dupe ? mark.position : 0
      const found = rows.filter((row) => row.race !== except && row.position > clearedAt)
      return {
        isDeclared: mark?.is_dupe === true,
        found: found.map(({ section, release, at }) => ({ section, release, at })),
      }
    },

    async declaredDupes({ of, pattern, limit }) {
      const rows = await db
        .selectFrom('dupe_marks')
        .where('of', '=', of)
        .where('is_dupe', '=', true)
        .where('folded', 'like', likeOf(pattern))
        .select('name')
        .orderBy('folded')
        .limit(pageLimit(limit))
        .execute()
      return rows.map(({ name }) => name)
    },

    async sectionTotals(without) {
      return await db
        .selectFrom('releases')
        .where('gone', 'is', null)
        .where(sql<boolean>`race_id <> all(${without.map(storableText)}::text[])`)
        .select([
          'section',
          sql<number>`count(*)::int8`.as('releases'),
          sql<number>`sum(files)::int8`.as('files'),
          sql<number>`sum(size_bytes)::int8`.as('sizeBytes'),
        ])
        .groupBy('section')
        .orderBy('section')
        .execute()
    },
  }
}

function entries(eb: Builder, { section, isHere, ...query }: ReleasesQuery) {
  let found = eb
    .selectFrom('releases')
    .select(['race_id as id', 'section', 'name', 'maker', 'group', 'files'])
    .select(['size_bytes as sizeBytes', 'created_at as createdAt', 'completed_at as completedAt'])
    .select(['nuked as isNuked', 'published_at as publishedAt', 'gone_at as goneAt'])
    .select(sql<ReleaseEntry['gone']>`gone`.as('gone'))
    .select('created_position as position')
    .orderBy('created_position', 'desc')
    .limit(pageLimit(query.limit) + 1)
  if (section !== undefined) found = found.where('section', '=', storableText(section))
  if (isHere === true) found = found.where('gone', 'is', null)
  const likes = likesOf(query)
  for (const like of likes) found = found.where('folded', 'like', like)
  if (likes.length > 0) {
    found = found.where('created_position', '>=', (inner) =>
      inner
        .selectFrom((newest) =>
          newest
            .selectFrom('releases')
            .select('created_position')
            .orderBy('created_position', 'desc')
            .limit(SEARCHED_AT_MOST)
            .as('newest'),
        )
        .select((rows) => rows.fn.min('created_position').as('oldest')),
    )
  }
  const { cursor } = query
  return cursor === undefined
    ? found
    : found.where('created_position', '<', decodeCursor(LIST, cursor))
}

function files(eb: Builder, query: ReleaseFilesQuery) {
  let found = eb
    .selectFrom('release_files')
    .innerJoin('releases', 'releases.race_id', 'release_files.race_id')
    .select(['release_files.race_id as race', 'releases.section', 'releases.name as release'])
    .select(['release_files.file', 'release_files.member'])
    .select(['release_files.size_bytes as sizeBytes', 'release_files.brought_at as broughtAt'])
    .select(sql<ReleaseFileEntry['state']>`release_files.state`.as('state'))
    .select('release_files.brought_position as position')
    .orderBy('release_files.brought_position', 'desc')
    .limit(pageLimit(query.limit) + 1)
  for (const like of likesOf(query)) found = found.where('release_files.folded', 'like', like)
  found = found.where('release_files.brought_position', '>=', (inner) =>
    inner
      .selectFrom((newest) =>
        newest
          .selectFrom('release_files')
          .select('brought_position')
          .orderBy('brought_position', 'desc')
          .limit(SEARCHED_AT_MOST)
          .as('newest'),
      )
      .select((rows) => rows.fn.min('brought_position').as('oldest')),
  )
  const { cursor } = query
  return cursor === undefined
    ? found
    : found.where('release_files.brought_position', '<', decodeCursor(FILES_LIST, cursor))
}

type Reach = Pick<DupesQuery, 'since' | 'without'>

const outside = (sections: readonly string[]) =>
  sql<boolean>`releases.section <> all(${sections.map(storableText)}::text[])`

/** A directory that went before anything came into it was a slip; a nuked release may come again. */
function namesakes(eb: Builder, folded: string, { since, without }: Reach) {
  return eb
    .selectFrom('releases')
    .where('folded', '=', folded)
    .where('nuked', '=', false)
    .where('created_at', '>=', since)
    .where(outside(without))
    .where((where) => where.or([where('gone', 'is', null), where('files_brought', '>', 0)]))
    .select(['race_id as race', 'section', 'name as release', 'created_at as at'])
    .select('created_position as position')
    .orderBy('created_position', 'desc')
    .limit(DUPES_AT_MOST)
}

/** What its member has deleted may come again, and what was bad. */
function fileNamesakes(eb: Builder, folded: string, { since, without }: Reach) {
  return eb
    .selectFrom('release_files')
    .innerJoin('releases', 'releases.race_id', 'release_files.race_id')
    .where('release_files.folded', '=', folded)
    .where('release_files.state', 'in', ['here', 'wiped', 'lost'])
    .where('release_files.brought_at', '>=', since)
    .where(outside(without))
    .where('releases.nuked', '=', false)
    .select(['releases.race_id as race', 'releases.section', 'releases.name as release'])
    .select(['release_files.brought_at as at', 'release_files.brought_position as position'])
    .orderBy('release_files.brought_position', 'desc')
    .limit(DUPES_AT_MOST)
}

function likesOf({ words = [], pattern }: Pick<ReleasesQuery, 'words' | 'pattern'>): string[] {
  const likes = words.map((word) => `%${escaped(foldedName(storableText(word)))}%`)
  return pattern === undefined ? likes : [...likes, likeOf(pattern)]
}

function likeOf(pattern: string): string {
  const folded = escaped(foldedName(storableText(pattern)))
  return folded.replaceAll('*', '%').replaceAll('?', '_')
}

function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}

function pageBy<T extends { readonly position: number }>(
  list: string,
  rows: readonly T[],
  limit: number,
): Found<T> {
  return pageOf(list, rows, pageLimit(limit), ({ position }) => position)
}
