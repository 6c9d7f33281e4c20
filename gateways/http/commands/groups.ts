import { operationRoutes } from '#gateways/http/operation-route.ts'

const all = '/api/v1/groups'
const one = `${all}/:group`

export const groupRoutes = operationRoutes('groups', [
  { method: 'GET', pattern: all, operation: 'group.list' },
  { method: 'POST', pattern: all, operation: 'group.add', status: 201 },
  { method: 'GET', pattern: one, operation: 'group.show' },
  { method: 'PATCH', pattern: one, operation: 'group.set' },
  { method: 'DELETE', pattern: one, operation: 'group.delete' },
  { method: 'POST', pattern: `${one}/readd`, operation: 'group.readd' },
])
