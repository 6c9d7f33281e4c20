import { createGroupSlots } from '#actors/group/group-slots.ts'
import { createIdentityRelease } from '#actors/identity/identity-release.ts'
import type { Consumer } from '#actors/kernel/consumer.ts'
import { runConsumer } from '#actors/kernel/consumer.ts'
import { startDeadlineKeeper } from '#actors/kernel/deadline-keeper.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { createEarnings } from '#actors/ledger/earnings.ts'
import { createPenalties } from '#actors/ledger/penalties.ts'
import { createStartCredits } from '#actors/ledger/start-credits.ts'
import { createDoorkeeper } from '#actors/presence/doorkeeper.ts'
import { createSiteAnnouncer } from '#actors/room/site-announcer.ts'
import type { EventLog } from '#events/event-log.ts'
import type { Site } from '#gateways/site/site.ts'
import type { Settings } from '#infra/config/settings.ts'
import { systemClock } from '#infra/clock/system-clock.ts'

import { actors } from './actors.ts'
import type { RunSingle } from './cluster.ts'
import type { Core } from './core.ts'
import { createDuePublications } from './due-publications.ts'
import { ids } from './ids.ts'

/** What follows from facts, each done once. */
export function effectsOf(
  host: ActorHost,
  log: EventLog,
  startCreditsBytes: number,
): readonly Consumer[] {
  return [
    createSiteAnnouncer(host),
    createDoorkeeper(host),
    createGroupSlots(host),
    createEarnings({ host, log }),
    createPenalties({ host, log }),
    createIdentityRelease(host),
    createStartCredits(host, startCreditsBytes),
  ]
}

/** Starts them and the deadlines: one process does it for all. */
export async function startEffects(
  core: Core,
  settings: Settings,
  runSingle: RunSingle,
  site: Pick<Site, 'publishDue' | 'checkDisk'>,
): Promise<void> {
  const { host, log, store, report } = core
  const effects = effectsOf(host, log, settings.credits_start_mib * 2 ** 20)
  for (const consumer of [...effects, createDuePublications(site)]) {
    await runSingle(consumer.name, () =>
      runConsumer({
        log,
        store,
        clock: systemClock,
        consumer,
        report: (cause) => report(consumer.name, cause),
      }),
    )
  }
  const { rescan_hours: hours } = settings
  if (hours > 0) {
    const failed = (cause: unknown) => report('disk-check', cause)
    await runSingle('disk-check', async () => site.checkDisk(hours * 3_600_000, failed))
  }
  await runSingle('deadlines', () =>
    startDeadlineKeeper({
      host,
      log,
      store,
      clock: systemClock,
      ids,
      kinds: actors.filter(({ deadline }) => deadline).map(({ kind }) => kind),
      report,
    }),
  )
}
