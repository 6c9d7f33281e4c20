import { randomBytes } from 'node:crypto'

import { createClusterHost } from '#actors/kernel/cluster/cluster-host.ts'
import { type Single, shardDuties, singleDuty } from '#actors/kernel/cluster/duties.ts'
import { joinLeases } from '#actors/kernel/cluster/leases.ts'
import { CLUSTER_TIMINGS } from '#actors/kernel/cluster/members.ts'
import type { RunningHost } from '#actors/kernel/create-host.ts'
import type { Clock } from '#events/clock.ts'
import type { KeyValue } from '#events/key-value.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import type { Settings } from '#infra/config/settings.ts'
import { BUCKETS } from '#infra/nats/buckets.ts'
import type { Nats } from '#infra/nats/connect-nats.ts'
import { createNatsCommandLink } from '#infra/nats/nats-command-link.ts'
import { createNatsKeyValue } from '#infra/nats/nats-key-value.ts'

/** What a cluster cannot do without, each process's own name included. */
export type ClusterSettings = Settings & {
  readonly node_name: string
  readonly database_url: string
  readonly files_dir: string
}

/** Whether several processes may share this log and bus. Throws `SettingsError` for the half of it. */
export function isClustered(settings: Settings): settings is ClusterSettings {
  if (settings.eventstore_url === undefined || settings.nats_url === undefined) return false
  // Without a folder that all see, what is uploaded here could not be downloaded there.
  for (const name of ['database_url', 'node_name', 'files_dir'] as const) {
    if (settings[name] !== undefined) continue
    throw new SettingsError(`${name} is needed too with eventstore_url and nats_url: a cluster`)
  }
  return true
}

/** Something that one process runs for all, by its name. */
export type RunSingle = (name: string, start: () => Promise<Single>) => Promise<void>

export interface Cluster {
  readonly host: RunningHost
  readonly runSingle: RunSingle
  /** Hands everything on to the others. The host then sends to them alone. */
  leave(): Promise<void>
}

/** A clock that nobody sets: lease times are spans, and a span must not jump. */
const steadyClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, run) => systemClock.after(delayMs, run),
}

const RETRY_MS = 1_000

/** What a process that is alive signs again within. */
const SIGNS_AGAIN_MS = 3 * CLUSTER_TIMINGS.beatMs

/**
 * Throws `SettingsError` when a process of this name is alive: each would take the connections and
 * uploads of the other for left over, and end them. The sign of one that was killed stays for a
 * while, but is not written again.
 */
async function assertAlone(bucket: KeyValue, name: string): Promise<void> {
  const isOwn = ({ key }: { key: string }) => nodeOfMember(key) === name
  if (!(await bucket.entries()).some(isOwn)) return
  let signs = 0
  const watch = await bucket.watch((change) => {
    if (change.value !== undefined && isOwn(change)) signs++
  })
  const before = signs
  await new Promise<void>((resolve) => void systemClock.after(SIGNS_AGAIN_MS, resolve))
  await watch.stop()
  if (signs === before) return
  throw new SettingsError(`node_name: another process of the cluster is called ${name}`)
}

/** The name in `member/<name>-<8 digits>.<number>`. */
function nodeOfMember(key: string): string | undefined {
  return /^member\/(.+)-[0-9a-f]{8}\.\d+$/.exec(key)?.[1]
}

/** Makes this process one of a cluster: it runs the actors whose leases it holds. */
export async function joinCluster(
  settings: ClusterSettings,
  nats: Nats,
  local: RunningHost,
  report: (what: string, cause: unknown) => void,
): Promise<Cluster> {
  const bucket = await createNatsKeyValue(nats, BUCKETS.leases)
  await assertAlone(bucket, settings.node_name)
  const link = createNatsCommandLink(nats)
  const leases = await joinLeases({
    bucket,
    clock: steadyClock,
    address: `${settings.node_name}-${randomBytes(4).toString('hex')}`,
    duties: shardDuties(() => local),
    report: (cause) => report('leases', cause),
  })
  const clustered = await createClusterHost({ local, leases, link, clock: steadyClock, report })
  let left: Promise<void> | undefined
  const leave = () => (left ??= leases.stop())
  return {
    host: {
      ...clustered,
      async stop() {
        await leave()
        await clustered.stop()
        await link.close()
        await bucket.close()
      },
    },
    async runSingle(name, start) {
      const failed = (cause: unknown, retry: () => void) => {
        report(name, cause)
        systemClock.after(RETRY_MS, retry)
      }
      leases.assign(`single-${name}`, singleDuty(start, failed))
    },
    leave,
  }
}
