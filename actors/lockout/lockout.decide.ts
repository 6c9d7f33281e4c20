import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  LOCKOUT_REFUSALS,
  type LockoutCommand,
  type LockoutContext,
} from '#actors/lockout/lockout.commands.ts'
import type { LockoutDecided } from '#events/lockout.facts.ts'
import { Refusal } from '#events/refusal.ts'

export function decideLockout(
  { context }: ActorState<LockoutContext>,
  command: LockoutCommand,
  { now }: DecideEnv,
): LockoutDecided[] {
  const { failuresAtMs, lockedUntilMs } = context
  if (command.type === 'lockout.clear') {
    if (failuresAtMs.length === 0 && lockedUntilMs === 0) return []
    return [{ type: 'lockout.cleared', data: { reason: command.reason } }]
  }
  if (lockedUntilMs > now) {
    const retryAfterMs = lockedUntilMs - now
    const words = 'Too many failed logins; try again later.'
    throw new Refusal(LOCKOUT_REFUSALS.lockedOut, words, { retryAfterMs })
  }
  const { gateway, remote, failuresMax, windowMs } = command
  const failures = failuresAtMs.filter((at) => at > now - windowMs).length + 1
  const failed: LockoutDecided = { type: 'lockout.failed', data: { gateway, remote } }
  if (failures < failuresMax) return [failed]
  return [failed, { type: 'lockout.locked', data: { until: now + windowMs, failures } }]
}
