import type { Clock } from '#events/clock.ts'

import type { ReadModelDatabase } from '#projections/read-model-database.ts'
import type { Lockout } from '#projections/account-models.ts'

export interface LockoutQueries {
  lockouts(): Promise<readonly Lockout[]>
}

/** A flood of addresses that lock themselves out must not fill an answer. */
const LOCKOUTS_SHOWN = 1_000

const ACCOUNT = 'account_'

export function lockoutQueries(db: ReadModelDatabase, clock: Clock): LockoutQueries {
  return {
    async lockouts() {
      const rows = await db
        .selectFrom('lockouts')
        .where('until', '>', clock.now())
        .select(['lockout', 'locked_at as lockedAt', 'until', 'failures'])
        .orderBy('until', 'desc')
        .orderBy('lockout')
        .limit(LOCKOUTS_SHOWN)
        .execute()
      return rows.map(({ lockout, ...lock }) => {
        const isAccount = lockout.startsWith(ACCOUNT)
        return { id: lockout, account: isAccount ? lockout.slice(ACCOUNT.length) : null, ...lock }
      })
    },
  }
}
