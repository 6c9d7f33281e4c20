import { type ExpressionBuilder, type SelectQueryBuilder, sql } from 'kysely'
import { jsonArrayFrom, jsonObjectFrom } from 'kysely/helpers/postgres'

import { decodeCursor, pageLimit, pageOf } from '#projections/kernel/cursor.ts'
import { storableText } from '#projections/kernel/storable-text.ts'
import {
  audioOf,
  filesOf,
  kindColumn,
  standingsOf,
  zipsOf,
} from '#projections/race-files/race-files.queries.ts'
import {
  currentPosition,
  type ReadModelDatabase,
  type ReadModelTables,
} from '#projections/read-model-database.ts'
import type {
  Page,
  RaceDetail,
  RacesQuery,
  RaceState,
  RaceSummary,
} from '#projections/read-models.ts'

const LIST = 'races'

/** Releases asked for by name at once. */
const NAMES_AT_MOST = 10_000

export interface RaceQueries {
  /** Newest first. Without a state in the query: of every state. */
  races(query: RacesQuery): Promise<Page<RaceSummary>>
  race(id: string): Promise<RaceDetail | undefined>
  racesByName(section: string, releases: readonly string[]): Promise<readonly RaceSummary[]>
}

export function raceQueries(db: ReadModelDatabase): RaceQueries {
  return {
    async races({ section, state, limit: asked, cursor }) {
      const limit = pageLimit(asked)
      const before = cursor === undefined ? undefined : decodeCursor(LIST, cursor)
      const { rows, position } = await db
        .selectNoFrom((eb) => {
          let list = summaries(eb).select('board.created_position')
          if (section !== undefined) list = list.where('board.section', '=', storableText(section))
          if (state !== undefined) list = list.where('board.state', '=', state)
          if (before !== undefined) list = list.where('board.created_position', '<', before)
          const newest = list.orderBy('board.created_position', 'desc').limit(limit + 1)
          return [jsonArrayFrom(newest).as('rows'), currentPosition(eb).as('position')]
        })
        .executeTakeFirstOrThrow()
      const page = pageOf(LIST, rows, limit, (row) => row.created_position)
      return { items: page.items.map(withoutKey), nextCursor: page.nextCursor, position }
    },

    async race(raceId) {
      const id = storableText(raceId)
      const { summary, standings, files, zips, audio } = await db
        .selectNoFrom((eb) => [
          jsonObjectFrom(summaries(eb).where('board.race_id', '=', id)).as('summary'),
          jsonArrayFrom(standingsOf(eb, id)).as('standings'),
          jsonArrayFrom(filesOf(eb, id)).as('files'),
          jsonArrayFrom(zipsOf(eb, id)).as('zips'),
          jsonObjectFrom(audioOf(eb, id)).as('audio'),
        ])
        .executeTakeFirstOrThrow()
      return summary ? { ...summary, standings, files, zips, audio } : undefined
    },

    async racesByName(section, releases) {
      if (releases.length === 0) return []
      const names = releases.slice(0, NAMES_AT_MOST).map(storableText)
      const { rows } = await db
        .selectNoFrom((eb) => {
          const named = summaries(eb)
            .where('board.section', '=', storableText(section))
            .where(sql<boolean>`board.release = any(${names}::text[])`)
            .where('board.state', '<>', 'removed')
          return jsonArrayFrom(named.orderBy('board.created_position')).as('rows')
        })
        .executeTakeFirstOrThrow()
      return rows
    },
  }
}

function withoutKey(row: RaceSummary & { created_position?: number }): RaceSummary {
  const { created_position: _key, ...summary } = row
  return summary
}

type From = 'board' | 'progress'
type Joined = ReadModelTables & {
  board: ReadModelTables['race_board']
  progress: {
    [C in keyof ReadModelTables['race_progress']]: ReadModelTables['race_progress'][C] | null
  }
}

function summaries(
  eb: ExpressionBuilder<ReadModelTables, never>,
): SelectQueryBuilder<Joined, From, RaceSummary> {
  return eb
    .selectFrom('race_board as board')
    .leftJoin('race_progress as progress', 'progress.race_id', 'board.race_id')
    .select((inner) => [
      'board.race_id as id',
      'board.section',
      'board.release',
      sql<RaceState>`board.state`.as('state'),
      kindColumn('progress').as('kind'),
      sql<boolean>`coalesce(progress.nfo_files > 0, false)`.as('hasNfo'),
      sql<boolean>`coalesce(progress.sfv_files > 0, false)`.as('hasSfv'),
      sql<boolean>`coalesce(progress.sample_files > 0, false)`.as('hasSample'),
      sql<number>`coalesce(progress.expected_files, 0)`.as('expectedFiles'),
      sql<number>`coalesce(progress.files_done, 0)`.as('filesDone'),
      inner
        .selectFrom('race_files')
        .whereRef('race_files.race_id', '=', 'board.race_id')
        .where('race_files.bad', '=', true)
        .select((rows) => rows.fn.countAll<number>().as('count'))
        .$asScalar()
        .$notNull()
        .as('badFiles'),
      sql<number>`coalesce(progress.size_bytes, 0)`.as('sizeBytes'),
      inner
        .selectFrom('race_racers')
        .whereRef('race_racers.race_id', '=', 'board.race_id')
        .where('race_racers.files', '>', 0)
        .select((rows) => rows.fn.countAll<number>().as('count'))
        .$asScalar()
        .$notNull()
        .as('racers'),
      'board.leader',
      'board.created_at as createdAt',
      'board.started_at as startedAt',
      'board.completed_at as completedAt',
      'board.nuked_at as nukedAt',
      'board.nuker',
      'board.nuke_multiplier as nukeMultiplier',
      'board.nuke_reason as nukeReason',
      'board.published_at as publishedAt',
      'board.published_by as publishedBy',
      'board.position',
    ])
}
