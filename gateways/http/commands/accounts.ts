import { operationRoutes } from '#gateways/http/operation-route.ts'

const all = '/api/v1/accounts'
const one = `${all}/:account`

/** The accounts of others: what may be done is asked by each operation. */
export const accountRoutes = operationRoutes('accounts', [
  { method: 'GET', pattern: all, operation: 'account.list' },
  { method: 'POST', pattern: all, operation: 'account.add', status: 201 },
  { method: 'GET', pattern: one, operation: 'account.show' },
  { method: 'PATCH', pattern: one, operation: 'account.set' },
  { method: 'DELETE', pattern: one, operation: 'account.delete', status: 204 },
  { method: 'POST', pattern: `${one}/readd`, operation: 'account.readd', status: 204 },
  { method: 'POST', pattern: `${one}/purge`, operation: 'account.purge', status: 204 },
  { method: 'POST', pattern: `${one}/forget`, operation: 'account.forget' },
  { method: 'POST', pattern: `${one}/ban`, operation: 'account.ban', status: 204 },
  { method: 'POST', pattern: `${one}/unban`, operation: 'account.unban', status: 204 },
  { method: 'POST', pattern: `${one}/unlock`, operation: 'account.unlock', status: 204 },
  { method: 'POST', pattern: `${one}/password`, operation: 'account.password', status: 204 },
  { method: 'POST', pattern: `${one}/groups`, operation: 'account.join-group' },
  { method: 'PATCH', pattern: `${one}/groups/:group`, operation: 'account.set-group-admin' },
  { method: 'DELETE', pattern: `${one}/groups/:group`, operation: 'account.leave-group' },
  { method: 'GET', pattern: `${one}/masks`, operation: 'account.masks' },
  { method: 'POST', pattern: `${one}/masks`, operation: 'account.set-masks' },
  { method: 'GET', pattern: `${one}/sessions`, operation: 'account.sessions' },
  {
    method: 'DELETE',
    pattern: `${one}/sessions`,
    operation: 'account.end-sessions',
    status: 204,
  },
  {
    method: 'DELETE',
    pattern: `${one}/sessions/:session`,
    operation: 'account.end-sessions',
    status: 204,
  },
  { method: 'GET', pattern: `${one}/tokens`, operation: 'account.tokens' },
  {
    method: 'DELETE',
    pattern: `${one}/tokens/:token`,
    operation: 'account.revoke-token',
    status: 204,
  },
  { method: 'GET', pattern: `${one}/mfa`, operation: 'mfa.show' },
  { method: 'DELETE', pattern: `${one}/mfa`, operation: 'mfa.remove', status: 204 },
])

/** The ledger of a member. */
export const creditRoutes = operationRoutes('credits', [
  { method: 'GET', pattern: `${one}/credits`, operation: 'credits.show' },
  { method: 'GET', pattern: `${one}/credits/lines`, operation: 'credits.explain' },
  { method: 'POST', pattern: `${one}/credits/give`, operation: 'credits.give' },
  { method: 'POST', pattern: `${one}/credits/take`, operation: 'credits.take' },
  { method: 'POST', pattern: `${one}/credits/reverse`, operation: 'credits.reverse' },
  { method: 'PUT', pattern: `${one}/credits/ratio`, operation: 'credits.ratio' },
  { method: 'PUT', pattern: `${one}/credits/allotment`, operation: 'credits.allotment' },
])
