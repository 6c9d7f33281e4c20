import { setup } from 'xstate'

import { changesOf } from '#actors/kernel/changes.ts'
import { LOCKOUT_LIMITS, type LockoutContext } from '#actors/lockout/lockout.commands.ts'
import type { LockoutFact } from '#events/lockout.facts.ts'

const changes = changesOf<LockoutContext, LockoutFact>()({
  'lockout.failed': (lockout, _, { at }) => {
    const since = at - LOCKOUT_LIMITS.windowMs
    lockout.failuresAtMs = [...lockout.failuresAtMs, at]
      .filter((failedAt) => failedAt > since)
      .slice(-LOCKOUT_LIMITS.failures)
  },
  'lockout.locked': (lockout, { until }) => {
    lockout.lockedUntilMs = until
  },
  'lockout.cleared': (lockout) => {
    lockout.failuresAtMs = []
    lockout.lockedUntilMs = 0
  },
})

export const lockoutMachine = setup({
  types: { context: {} as LockoutContext, events: {} as LockoutFact },
}).createMachine({
  id: 'lockout',
  initial: 'open',
  context: (): LockoutContext => ({ failuresAtMs: [], lockedUntilMs: 0 }),
  states: { open: { on: changes } },
})
