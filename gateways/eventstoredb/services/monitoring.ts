import { pause } from '#events/pause.ts'

import { denied } from '#gateways/eventstoredb/access.ts'
import { decodeCount } from '#gateways/eventstoredb/codec.ts'
import { type Door, forMembers } from '#gateways/eventstoredb/command.ts'
import { monitoring, MonitoringService } from '#gateways/eventstoredb/protocol.ts'

const PERIOD_MIN_MS = 100
const PERIOD_MAX_MS = 3_600_000

/** The figures of this process, at once and then once a period, until the client goes. */
export const stats = forMembers(
  MonitoringService.stats,
  'server-stream',
  async (request, outlet, { door, member, signal, connection }) => {
    const answer = await door.policy.ask(member, { action: 'metrics' })
    if (!answer.isAllowed) throw denied('You may not see the figures of this server.')
    const asked = decodeCount(request.getRefreshTimePeriodInMs())
    const periodMs = Math.min(Math.max(asked, PERIOD_MIN_MS), PERIOD_MAX_MS)
    const leave = connection.subscribe()
    try {
      while (!signal.aborted) {
        const response = new monitoring.StatsResp()
        const map = response.getStatsMap()
        for (const [name, value] of Object.entries(await figures(door))) map.set(name, value)
        outlet.send(response)
        await outlet.ready()
        await pause(door.clock, periodMs, signal)
      }
    } finally {
      leave()
    }
  },
)

async function figures(door: Door): Promise<Record<string, string>> {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const { connections, subscriptions } = door.counts()
  const health = door.log.health()
  return {
    'proc-startTime': new Date(door.startedAt).toISOString(),
    'proc-id': String(process.pid),
    'proc-mem': String(rss),
    'proc-gc-totalBytesInHeaps': String(heapUsed),
    'proc-cpu-userMicroseconds': String(user),
    'proc-cpu-systemMicroseconds': String(system),
    'proc-tcp-connections': String(connections),
    'es-subscriptions': String(subscriptions),
    'es-log-head': String(await door.log.head()),
    'es-log-writable': String(health.writable),
  }
}
