import type { AccountContext } from '#actors/account/account.commands.ts'
import { sectionsNow } from '#actors/site/sections-now.ts'
import type { AccountLimits } from '#events/account.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { DEFAULT_SECTION_RULES, type SectionRules } from '#events/section-rules.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { createPace, type LimitedPace, type Pace, slowerOf } from '#gateways/site/transfers/pace.ts'
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
   * By the limits of the account and of the section as they are now; a new speed holds for what is
   * running too. Rejects with `too-many-transfers` (fields `direction`, `running`, `limit`, and
   * `section` where it is the section's).
   */
  begin(caller: SiteCaller, direction: Direction, section: string): Promise<TransferLease>
}

/** glFTPd's flag 4: exempt from limits on simultaneous transfers. */
const LIMITLESS_FLAG = '4'

const KIB = 2 ** 10

/** What holds for some of a member's transfers together; null: no limit. */
interface Limits {
  readonly count: number | null
  readonly bytesPerSecond: number | null
}

const OF_ACCOUNT: Readonly<Record<Direction, (limits: AccountLimits) => Limits>> = {
  upload: (limits) => ({
    count: limits.uploadsMax,
    bytesPerSecond: limits.uploadBytesPerSecondMax,
  }),
  download: (limits) => ({
    count: limits.downloadsMax,
    bytesPerSecond: limits.downloadBytesPerSecondMax,
  }),
}

const OF_SECTION: Readonly<Record<Direction, (rules: SectionRules) => Limits>> = {
  upload: (rules) => ({
    count: rules.uploadsAtOnce,
    bytesPerSecond: bytesOf(rules.uploadKibPerSecond),
  }),
  download: (rules) => ({
    count: rules.downloadsAtOnce,
    bytesPerSecond: bytesOf(rules.downloadKibPerSecond),
  }),
}

function bytesOf(kib: number | null): number | null {
  return kib === null ? null : kib * KIB
}

/** Transfers that share limits. */
interface Running {
  count: number
  readonly pace: LimitedPace
}

/**
 * Counted in the memory of this process: an actor would be asked twice for every file of a race.
 * In a cluster each process counts its own.
 */
export function createMemberTransfers({
  host,
  clock,
}: Pick<SiteDeps, 'host' | 'clock'>): MemberTransfers {
  const running = new Map<string, Running>()
  const at = (key: string): Running => running.get(key) ?? { count: 0, pace: createPace(clock) }

  return {
    async begin({ member }, direction, section) {
      const [{ context }, sections] = await Promise.all([
        host.state<AccountContext>({ kind: 'account', id: member.id }),
        sectionsNow(host),
      ])
      const rules = entryOf(sections, section) ?? DEFAULT_SECTION_RULES
      const ofAll = OF_ACCOUNT[direction](context.limits)
      const inSection = OF_SECTION[direction](rules)
      // From here on nothing is awaited: what is counted is what is begun.
      const key = `${direction} ${member.id}`
      const keys = [key, `${key} ${section}`] as const
      const [all, own] = [at(keys[0]), at(keys[1])]
      if (!context.flags.includes(LIMITLESS_FLAG)) {
        assertRoom(direction, all, ofAll)
        assertRoom(direction, own, inSection, section)
      }
      all.pace.limit(ofAll.bytesPerSecond)
      own.pace.limit(inSection.bytesPerSecond)
      for (const [index, each] of [all, own].entries()) {
        each.count++
        running.set(keys[index]!, each)
      }
      let isOver = false
      return {
        pace: slowerOf(all.pace, own.pace),
        end() {
          if (isOver) return
          isOver = true
          for (const [index, each] of [all, own].entries()) {
            if (--each.count === 0) running.delete(keys[index]!)
          }
        },
      }
    },
  }
}

/** Throws `too-many-transfers`; race clients know it by "simultaneous". */
function assertRoom(
  direction: Direction,
  { count }: Running,
  { count: limit }: Limits,
  section?: string,
): void {
  if (limit === null || count < limit) return
  const where = section === undefined ? '' : ` in ${section}`
  const what = count === 1 ? direction : `${direction}s`
  const words = `You have ${count} simultaneous ${what}${where}: ${limit} at most.`
  const fields = { direction, running: count, limit, ...(section !== undefined && { section }) }
  throw new Refusal(SITE_REFUSALS.tooManyTransfers, words, fields)
}
