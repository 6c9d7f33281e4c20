import { hostname } from 'node:os'

import { systemClock } from '#infra/clock/system-clock.ts'
import type { Settings } from '#infra/config/settings.ts'
import type { ReadModels } from '#projections/read-models.ts'

import type { Core } from './core.ts'
import { ids } from './ids.ts'

/** What the operator's commands use of a core; without a server there are no read models. */
export function operatorDeps(core: Core, settings: Settings, readModels?: ReadModels) {
  const { members, host, vault, seals, passwords, signingKeys } = core
  const shared = { host, vault, seals, passwords, signingKeys, readModels }
  return { ...members, ...shared, clock: systemClock, ids, node: settings.node_name ?? hostname() }
}

export type OperatorDeps = ReturnType<typeof operatorDeps>
