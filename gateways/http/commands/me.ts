import { operationRoutes } from '#gateways/http/operation-route.ts'

const own = 'account'
const path = '/api/v1/me'

/**
 * What members do with their own account. Who must first get a second factor has no scope at
 * all, and can do that.
 */
export const meRoutes = operationRoutes('me', [
  { method: 'GET', pattern: path, operation: 'account.show', own },
  { method: 'PATCH', pattern: path, operation: 'account.set-own', own },
  { method: 'POST', pattern: `${path}/password`, operation: 'account.password', own, status: 204 },
  { method: 'GET', pattern: `${path}/tokens`, operation: 'account.tokens', own },
  {
    method: 'POST',
    pattern: `${path}/tokens`,
    operation: 'account.create-token',
    own,
    status: 201,
  },
  {
    method: 'DELETE',
    pattern: `${path}/tokens/:token`,
    operation: 'account.revoke-token',
    own,
    status: 204,
  },
  { method: 'GET', pattern: `${path}/mfa`, operation: 'mfa.show', own, scope: null },
  { method: 'POST', pattern: `${path}/mfa`, operation: 'mfa.begin', own, status: 201, scope: null },
  { method: 'POST', pattern: `${path}/mfa/confirm`, operation: 'mfa.confirm', own, scope: null },
  { method: 'DELETE', pattern: `${path}/mfa`, operation: 'mfa.remove', own, status: 204 },
  {
    method: 'POST',
    pattern: `${path}/mfa/recovery-codes`,
    operation: 'mfa.recovery-codes',
    own,
    status: 201,
  },
  { method: 'GET', pattern: `${path}/sessions`, operation: 'account.sessions', own },
  {
    method: 'DELETE',
    pattern: `${path}/sessions`,
    operation: 'account.end-sessions',
    own,
    status: 204,
    scope: 'admin',
  },
  {
    method: 'DELETE',
    pattern: `${path}/sessions/:session`,
    operation: 'account.end-sessions',
    own,
    status: 204,
    scope: 'admin',
  },
  { method: 'GET', pattern: `${path}/masks`, operation: 'account.masks', own },
  { method: 'GET', pattern: `${path}/credits`, operation: 'credits.show', own },
  { method: 'GET', pattern: `${path}/credits/lines`, operation: 'credits.explain', own },
  {
    method: 'POST',
    pattern: `${path}/credits/gift`,
    operation: 'credits.gift',
    own,
    scope: 'site',
  },
])
