import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'

import type { Clock } from '#events/clock.ts'
import { pause } from '#events/pause.ts'

import type { Rescan, RescanResult, RescanRow } from '#gateways/site/disk/rescan.ts'

export interface DiskCheckOptions {
  readonly lookAtAll: (rescan: Rescan) => Promise<RescanResult>
  /** From the end of one look to the next. */
  readonly everyMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: Registry
  readonly report: (cause: unknown) => void
}

/** After each release, and each part of a file that is read: transfers come first. */
const BREATH_MS = 20
/** A server that is started anew every day looks too. */
const FIRST_MS = 3_600_000

const RECORDED: ReadonlySet<RescanRow['state']> = new Set(['LOST', 'FOUND', 'CHANGED'])

/**
 * Looks at the disk again and again, by sizes and times, and reads only what is odd. One process
 * of a cluster does it for all.
 */
export function startDiskCheck(options: DiskCheckOptions) {
  const { lookAtAll, everyMs, clock, logger, registry, report } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const metrics = createMetrics(registry)

  async function look(): Promise<void> {
    const found: Record<string, number> = {}
    const { releases, isGivenUp } = await lookAtAll({
      readsAll: false,
      isGivenUp: () => signal.aborted,
      pause: () => pause(clock, BREATH_MS, signal),
      row: ({ state, path, words }) => {
        if (!RECORDED.has(state)) return
        found[state] = (found[state] ?? 0) + 1
        metrics.differences.inc({ state: state.toLowerCase() })
        logger.info({ state, path, words }, 'the disk was otherwise')
      },
    })
    if (isGivenUp) return
    metrics.lookedAt.set(clock.now() / 1_000)
    const isOtherwise = Object.keys(found).length > 0
    if (isOtherwise) logger.warn({ releases, found }, 'the disk was changed behind the server')
  }

  async function run(): Promise<void> {
    for (let waitMs = Math.min(FIRST_MS, everyMs); ; waitMs = everyMs) {
      await pause(clock, waitMs, signal)
      if (signal.aborted) return
      await look().catch(report)
    }
  }

  const running = run()
  return {
    async stop(): Promise<void> {
      stopping.abort()
      await running
    },
  }
}

const DIFFERENCES = 'veza_site_disk_differences_total'
const LOOKED_AT = 'veza_site_disk_looked_at_seconds'

/** The same for as long as the process lives, however often it takes the check over. */
function createMetrics(registry: Registry) {
  const differences =
    (registry.getSingleMetric(DIFFERENCES) as Counter<'state'> | undefined) ??
    new Counter({
      name: DIFFERENCES,
      help: 'Files that the check of the disk found lost, found or changed',
      labelNames: ['state'] as const,
      registers: [registry],
    })
  const lookedAt =
    (registry.getSingleMetric(LOOKED_AT) as Gauge | undefined) ??
    new Gauge({
      name: LOOKED_AT,
      help: 'When the check of the disk was last at its end',
      registers: [registry],
    })
  return { differences, lookedAt }
}
