import type { Route } from '#gateways/http/command.ts'
import { actorDifference, actorHistory, actorState } from '#gateways/http/commands/actors.ts'
import { audit } from '#gateways/http/commands/audit.ts'
import { healthz, metrics, readyz } from '#gateways/http/commands/health.ts'
import { connections, member } from '#gateways/http/commands/members.ts'
import { race, races } from '#gateways/http/commands/races.ts'

/** The table of routes. What stands nowhere here is 404; `/ws` is the WebSocket's. */
export const ROUTES: readonly Route[] = [
  healthz,
  readyz,
  metrics,
  races,
  race,
  member,
  connections,
  audit,
  actorState,
  actorHistory,
  actorDifference,
]
