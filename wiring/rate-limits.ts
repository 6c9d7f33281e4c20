import type { AccountCommand } from '#actors/account/account.commands.ts'
import { readQuotas } from '#gateways/kernel/rate-limits/actions.ts'
import { createRateLimits, type RateLimits } from '#gateways/kernel/rate-limits/rate-limits.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import type { Settings } from '#infra/config/settings.ts'
import { BUCKETS } from '#infra/nats/buckets.ts'
import { createNatsKeyValue } from '#infra/nats/nats-key-value.ts'

import type { Core } from './core.ts'
import { ids } from './ids.ts'

/** What members may do in a time, counted by all processes of a cluster together. */
export async function openRateLimits(core: Core, settings: Settings): Promise<RateLimits> {
  const { host, nats, cluster, registry, report } = core
  const keyValue = nats && cluster && (await createNatsKeyValue(nats, BUCKETS.rateLimits))
  const limits = createRateLimits({
    clock: systemClock,
    registry,
    ...(keyValue && { keyValue }),
    settings: { quotas: quotasOf(settings) },
    async onTightened(member, signal, until) {
      const command: AccountCommand = { type: 'account.tighten-rate-limits', signal, until }
      const context = { by: null, connection: null, commandId: ids.next() }
      await host.send({ kind: 'account', id: member }, command, context)
    },
    report: (cause) => report('rate limits', cause),
  })
  core.endings.add(async () => {
    limits.stop()
    await keyValue?.close()
  })
  return limits
}

function quotasOf({ rate_limits: text }: Settings) {
  try {
    return readQuotas(text)
  } catch (cause) {
    throw new SettingsError(`rate_limits: ${(cause as Error).message}`, { cause })
  }
}
