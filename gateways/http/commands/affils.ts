import { operationRoutes } from '#gateways/http/operation-route.ts'

const all = '/api/v1/affils'

export const affilRoutes = operationRoutes('sections', [
  { method: 'GET', pattern: all, operation: 'affil.list' },
  { method: 'POST', pattern: all, operation: 'affil.add', status: 201 },
  { method: 'DELETE', pattern: `${all}/:group`, operation: 'affil.remove', status: 204 },
])
