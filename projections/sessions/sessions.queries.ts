import type { Clock } from '#events/clock.ts'

import { storableText } from '#projections/kernel/storable-text.ts'
import type { ReadModelDatabase } from '#projections/read-model-database.ts'
import type { ApiToken, OpenSession } from '#projections/account-models.ts'

export interface SessionQueries {
  sessions(account: string): Promise<readonly OpenSession[]>
  tokens(account: string): Promise<readonly ApiToken[]>
}

export function sessionQueries(db: ReadModelDatabase, clock: Clock): SessionQueries {
  return {
    sessions: (account) =>
      db
        .selectFrom('open_sessions')
        .where('account', '=', storableText(account))
        // The fact that ends it may be late: it comes by a deadline.
        .where('expires_at', '>', clock.now())
        .select(['session as id', 'method', 'mfa', 'remote'])
        .select(['opened_at as openedAt', 'refreshed_at as refreshedAt', 'expires_at as expiresAt'])
        .orderBy('opened_at')
        .orderBy('session')
        .execute(),

    async tokens(account) {
      const rows = await db
        .selectFrom('api_tokens')
        .where('account', '=', storableText(account))
        .select(['token as id', 'label', 'scopes', 'created_at as createdAt'])
        .select(['expires_at as expiresAt', 'last_used_at as lastUsedAt'])
        .orderBy('created_at')
        .orderBy('token')
        .execute()
      return rows.map((row) => ({ ...row, scopes: row.scopes === '' ? [] : row.scopes.split(' ') }))
    },
  }
}
