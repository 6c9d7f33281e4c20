import type { AccountContext } from '#actors/account/account.commands.ts'
import type { AccountLimits } from '#events/account.facts.ts'
import { Refusal } from '#events/refusal.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { createPace, type LimitedPace, type Pace } from '#gateways/site/pace.ts'
import type { SiteDeps } from '#gateways/site/parts.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

export type Direction = 'upload' | 'download'

/** One of a member's transfers, for as long as it takes. */
export interface TransferLease {
  readonly pace: Pace
  /** Makes room for another one. Once is as good as twice. */
  end(): void
}

/** Who moves bytes now, by all connections to this process. */
export interface MemberTransfers {
  /**
   * By the account's limits as they are now; a new speed holds for what is running too. Rejects
   * with `too-many-transfers` (fields `direction`, `running`, `limit`).
   */
  begin(caller: SiteCaller, direction: Direction): Promise<TransferLease>
}

/** glFTPd's flag 4: exempt from limits on simultaneous transfers. */
const LIMITLESS_FLAG = '4'

const LIMITS: Readonly<
  Record<Direction, Readonly<Record<'count' | 'speed', Exclude<keyof AccountLimits, 'loginHours'>>>>
> = {
  upload: { count: 'uploadsMax', speed: 'uploadBytesPerSecondMax' },
  download: { count: 'downloadsMax', speed: 'downloadBytesPerSecondMax' },
}

/**
 * Counted in the memory of this process: an actor would be asked twice for every file of a race.
 * In a cluster each process counts its own.
 */
export function createMemberTransfers({
  host,
  clock,
}: Pick<SiteDeps, 'host' | 'clock'>): MemberTransfers {
  const running = new Map<string, { count: number; readonly pace: LimitedPace }>()
  return {
    async begin({ member }, direction) {
      const { context } = await host.state<AccountContext>({ kind: 'account', id: member.id })
      const { flags, limits } = context
      const { count, speed } = LIMITS[direction]
      const key = `${direction} ${member.id}`
      const own = running.get(key) ?? { count: 0, pace: createPace(clock) }
      const limit = flags.includes(LIMITLESS_FLAG) ? null : limits[count]
      if (limit !== null && own.count >= limit) {
        // Race clients know it by "simultaneous".
        const words = `You have ${own.count} simultaneous ${direction}s: ${limit} at most.`
        const fields = { direction, running: own.count, limit }
        throw new Refusal(SITE_REFUSALS.tooManyTransfers, words, fields)
      }
      own.count++
      own.pace.limit(limits[speed])
      running.set(key, own)
      let isOver = false
      return {
        pace: own.pace,
        end() {
          if (isOver) return
          isOver = true
          if (--own.count === 0) running.delete(key)
        },
      }
    },
  }
}
