import { operationRoutes } from '#gateways/http/operation-route.ts'

const all = '/api/v1/sections'
const one = `${all}/:section`

export const sectionRoutes = operationRoutes('sections', [
  { method: 'GET', pattern: all, operation: 'section.list' },
  { method: 'POST', pattern: all, operation: 'section.add', status: 201 },
  { method: 'GET', pattern: one, operation: 'section.show' },
  { method: 'PATCH', pattern: one, operation: 'section.set' },
  { method: 'DELETE', pattern: one, operation: 'section.remove', status: 204 },
])
