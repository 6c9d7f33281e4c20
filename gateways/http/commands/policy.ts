import { operationRoutes } from '#gateways/http/operation-route.ts'

const path = '/api/v1/policy'

export const policyRoutes = operationRoutes('policy', [
  { method: 'GET', pattern: `${path}/rights`, operation: 'rights.show' },
  { method: 'PUT', pattern: `${path}/rights`, operation: 'rights.set' },
  {
    method: 'GET',
    pattern: `${path}/explain`,
    operation: 'policy.explain',
    ownUnlessSaid: 'member',
  },
])
