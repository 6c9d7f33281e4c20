import type { LedgerContext } from '#actors/ledger/ledger.commands.ts'

import { RecentMap } from '#gateways/kernel/recent-map.ts'
import type { SiteDeps } from '#gateways/site/parts.ts'

/** What members have uploaded just now, by this process. */
export interface FreshUploads {
  /** `fact` is the id of the upload's `race.file-accepted`. */
  accepted(member: string, fact: string): void
  /**
   * Waits, for two seconds at most, until the member's last upload has been credited. False when
   * there was none just now, or when that took longer.
   */
  credited(member: string): Promise<boolean>
}

const MEMBERS = 10_000
const FRESH_MS = 30_000
const WAIT_MS = 2_000
const LOOK_MS = 20

/**
 * Credits for an upload come from a consumer of the log, a moment after it: whoever is short of
 * them right after an upload waits for that. The consumer goes by the order of the log, so the
 * last upload stands for those before it.
 */
export function createFreshUploads({
  host,
  clock,
}: Pick<SiteDeps, 'host' | 'clock'>): FreshUploads {
  const last = new RecentMap<string, { readonly fact: string; readonly at: number }>(MEMBERS)
  const pause = () => new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve))

  async function isCredited(member: string, upload: string): Promise<boolean> {
    const { context } = await host.state<LedgerContext>({ kind: 'ledger', id: member })
    return Object.values(context.lines).some(
      ({ cause }) => cause.kind === 'upload' && cause.fact === upload,
    )
  }

  return {
    accepted: (member, fact) => last.set(member, { fact, at: clock.now() }),
    async credited(member) {
      const upload = last.get(member)
      if (!upload || clock.now() - upload.at > FRESH_MS) return false
      for (let waitedMs = 0; waitedMs <= WAIT_MS; waitedMs += LOOK_MS) {
        if (await isCredited(member, upload.fact)) return true
        await pause()
      }
      return false
    },
  }
}
