import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { partsOf, type Route } from '#gateways/http/command.ts'
import { ROUTES } from '#gateways/http/commands.ts'
import { openApiDocument } from '#gateways/http/openapi.ts'
import { createTestRoutes } from '#test/conformance/http-routes.ts'
import { type HttpTestServer, startHttp } from '#test/conformance/http-server.ts'

const { routes } = createTestRoutes()
let server: HttpTestServer
let document: any

beforeAll(async () => {
  server = await startHttp({ routes })
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/openapi.json`)
  document = await response.json()
})
afterAll(() => server.stop())

const pathOf = ({ pattern }: Route) => pattern.replaceAll(/:([^/]+)/g, '{$1}')
const operationOf = (route: Route) => document.paths[pathOf(route)][route.method.toLowerCase()]
const operations = () =>
  Object.values<object>(document.paths).flatMap((item) => Object.values<any>(item))
const all = [...ROUTES, ...routes]

test('is OpenAPI 3.1, with every route and itself', () => {
  expect(document.openapi).toMatch(/^3\.1\.\d$/)
  expect(operations().length).toBe(all.length + 1)
  expect(document.paths['/api/v1/openapi.json'].get.operationId).toBe('getOpenapiJson')
})

test('each reference leads somewhere', () => {
  const found: string[] = []
  JSON.stringify(document, (key, value) => {
    if (key === '$ref') found.push(value)
    return value
  })
  expect(found.length).toBeGreaterThan(10)
  const target = (reference: string) =>
    reference
      .replace(/^#\//, '')
      .split('/')
      .reduce((at, step) => at?.[step], document)
  expect(found.filter((reference) => typeof target(reference) !== 'object')).toEqual([])
})

test('operations have ids of their own', () => {
  const ids = operations().map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]+$/)
})

describe.each(all.map((route) => [`${route.method} ${route.pattern}`, route] as const))(
  '%s',
  (_, route) => {
    test('says what comes back', () => {
      const { responses, tags, summary } = operationOf(route)
      for (const status of Object.keys(route.replies)) expect(responses).toHaveProperty(status)
      for (const [status, reply] of Object.entries<any>(responses)) {
        expect(status).toMatch(/^[2-5]\d\d$/)
        expect(reply.description ?? reply.$ref).toEqual(expect.any(String))
      }
      const known = document.tags.map(({ name }: { name: string }) => name)
      expect(known).toEqual(expect.arrayContaining(tags))
      expect(summary).toMatch(/[^.]$/)
    })

    test('names each part of its path', () => {
      const named = (operationOf(route).parameters ?? []).filter((each: any) => each.in === 'path')
      expect(named.map(({ name }: any) => name)).toEqual(partsOf(route.pattern))
      for (const each of named) expect(each.required).toBe(true)
    })

    test('says who may use it', () => {
      const { security, responses } = operationOf(route)
      const isForMembers = !['everyone', 'metrics'].includes(route.access)
      expect(Object.hasOwn(responses, '401')).toBe(isForMembers)
      expect(security.length).toBe(route.access === 'everyone' ? 0 : 2)
      for (const way of security.flatMap(Object.keys)) {
        expect(document.components.securitySchemes).toHaveProperty(way)
      }
    })
  },
)

test('bodies, queries and the key for repeated requests', () => {
  const { post } = document.paths['/test/notes']
  expect(post.requestBody).toMatchObject({
    required: true,
    content: { 'application/json': { schema: { type: 'object', required: ['text'] } } },
  })
  const parameters = post.parameters.map(({ in: where, name }: any) => `${where} ${name}`)
  expect(parameters).toEqual(['query place', 'header Idempotency-Key'])
  expect(post.security).toEqual([{ basic: ['chat'] }, { bearer: ['chat'] }])
  expect(document.paths['/test/caller'].post.requestBody.required).toBe(false)
})

test('two routes of one method and path are a mistake', () => {
  expect(() => openApiDocument([...routes, routes[0]!])).toThrow(/two routes for POST/)
})
