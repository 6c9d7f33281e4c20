import type { Route } from '#gateways/http/command.ts'
import { accountRoutes, creditRoutes } from '#gateways/http/commands/accounts.ts'
import { actorDifference, actorHistory, actorState } from '#gateways/http/commands/actors.ts'
import { affilRoutes } from '#gateways/http/commands/affils.ts'
import { audit } from '#gateways/http/commands/audit.ts'
import { authRoutes } from '#gateways/http/commands/auth.ts'
import { groupRoutes } from '#gateways/http/commands/groups.ts'
import { healthz, metrics, readyz } from '#gateways/http/commands/health.ts'
import { meRoutes } from '#gateways/http/commands/me.ts'
import { connections, member } from '#gateways/http/commands/members.ts'
import { nukes, requests } from '#gateways/http/commands/nukes.ts'
import { policyRoutes } from '#gateways/http/commands/policy.ts'
import { releaseRoutes } from '#gateways/http/commands/releases.ts'
import { sectionRoutes } from '#gateways/http/commands/sections.ts'
import { race, races } from '#gateways/http/commands/races.ts'
import {
  beginLink,
  beginSignIn,
  completeSignIn,
  finishSignIn,
  signInProviders,
  unlinkIdentity,
} from '#gateways/http/commands/sign-in.ts'

/** The table of routes. What stands nowhere here is 404; `/ws` is the WebSocket's. */
export const ROUTES: readonly Route[] = [
  healthz,
  readyz,
  metrics,
  races,
  nukes,
  requests,
  race,
  member,
  connections,
  audit,
  actorState,
  actorHistory,
  actorDifference,
  signInProviders,
  beginSignIn,
  beginLink,
  finishSignIn,
  completeSignIn,
  unlinkIdentity,
  ...authRoutes,
  ...meRoutes,
  ...accountRoutes,
  ...creditRoutes,
  ...groupRoutes,
  ...policyRoutes,
  ...sectionRoutes,
  ...affilRoutes,
  ...releaseRoutes,
]
