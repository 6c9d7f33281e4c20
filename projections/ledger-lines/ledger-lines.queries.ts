import { type ExpressionBuilder, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'

import { decodeCursor, pageLimit, pageOf } from '#projections/kernel/cursor.ts'
import { storableText } from '#projections/kernel/storable-text.ts'
import {
  currentPosition,
  type ReadModelDatabase,
  type ReadModelTables,
} from '#projections/read-model-database.ts'
import type { Balance, LedgerLine, LedgerQuery } from '#projections/account-models.ts'
import type { Page } from '#projections/read-models.ts'

const LIST = 'ledger'

export interface LedgerQueries {
  ledger(query: LedgerQuery): Promise<Page<LedgerLine>>
  balances(account: string): Promise<readonly Balance[]>
}

export function ledgerQueries(db: ReadModelDatabase): LedgerQueries {
  return {
    async ledger(query) {
      const limit = pageLimit(query.limit)
      const before = query.cursor === undefined ? undefined : decodeCursor(LIST, query.cursor)
      const { rows, position } = await db
        .selectNoFrom((eb) => {
          const found = lines(eb, query, before).limit(limit + 1)
          return [jsonArrayFrom(found).as('rows'), currentPosition(eb).as('position')]
        })
        .executeTakeFirstOrThrow()
      return { ...pageOf(LIST, rows, limit, ({ line }) => line), position }
    },

    async balances(account) {
      const rows = await db
        .selectFrom('ledger_balances')
        .where('account', '=', storableText(account))
        .select(['section', 'balance as balanceBytes', 'ratio', 'allotment as allotmentBytes'])
        .orderBy('section')
        .execute()
      return rows.map((row) => ({ ...row, ratio: row.ratio === null ? null : Number(row.ratio) }))
    },
  }
}

function lines(
  eb: ExpressionBuilder<ReadModelTables, never>,
  { account, section }: LedgerQuery,
  before: number | undefined,
) {
  let found = eb
    .selectFrom('ledger_lines')
    .where('account', '=', storableText(account))
    .select(['line', 'position', 'at', 'by', 'section', 'reversed_line as reversedLine'])
    .select(['change as changeBytes', 'balance_after as balanceAfterBytes'])
    .select(
      sql<LedgerLine['cause']>`json_build_object(
      'kind', cause, 'fact', cause_fact, 'race', cause_race, 'file', cause_file,
      'member', cause_member, 'note', cause_note)`.as('cause'),
    )
    .orderBy('line', 'desc')
  if (section !== undefined) found = found.where('section', '=', storableText(section))
  return before === undefined ? found : found.where('line', '<', before)
}
