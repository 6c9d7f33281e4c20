import { STATUS_CODES } from 'node:http'

import { z } from 'zod'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi'

import { json } from '#gateways/http/codec.ts'
import {
  isOpen,
  openRoute,
  type OpenRoute,
  partsOf,
  type ReplyShape,
  type Route,
  scopeOf,
} from '#gateways/http/command.ts'

/** The API as it describes itself (OpenAPI 3.1), made once from the table of routes. */
export function openApi(routes: readonly Route[]): OpenRoute {
  const route = openRoute({
    method: 'GET',
    pattern: '/api/v1/openapi.json',
    access: 'everyone',
    summary: 'This description of the API',
    tags: ['service'],
    replies: { 200: z.looseObject({ openapi: z.string() }).describe('an OpenAPI document') },
    run: () => reply,
  })
  const reply = json(openApiDocument([...routes, route]))
  return route
}

/** Throws when two routes have one method and pattern. */
export function openApiDocument(routes: readonly Route[]) {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of routes) {
    const path = route.pattern.replaceAll(/\/:([^/]+)/g, '/{$1}')
    const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'
    const item = (paths[path] ??= {})
    if (item[method]) throw new Error(`two routes for ${route.method} ${route.pattern}`)
    item[method] = operationOf(route)
  }
  const tags = [...new Set(routes.flatMap(({ tags: each }) => each))].toSorted()
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'veza',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: tags.map((name) => ({ name })),
    components: { securitySchemes: SECURITY_SCHEMES },
    paths,
  })
}

const DESCRIPTION = [
  'Names are in snake_case, sizes in bytes, times in ISO 8601 and UTC.',
  'GET answers HEAD too, and every path answers OPTIONS with `Allow`.',
  'Lists come by pages: `next_cursor` of one is the `cursor` of the next.',
  'What is refused comes as RFC 9457 problem details with a stable `code`.',
].join(' ')

const SECURITY_SCHEMES = {
  basic: {
    type: 'http',
    scheme: 'basic',
    description: 'Name and password, or name and a personal API token.',
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An access token of `/api/v1/auth/login`, or a personal API token.',
  },
} as const

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { query, body, tags, summary } = route
  const header = isRepeatable(route) ? IDEMPOTENCY_HEADER : undefined
  return {
    operationId: operationId(route),
    summary,
    tags: [...tags],
    'x-veza-access': route.access,
    security: securityOf(route),
    // The types ask for an object schema, which the query and path of each route are.
    requestParams: {
      ...(partsOf(route.pattern).length > 0 && { path: pathOf(route) }),
      ...(query !== undefined && { query: query as z.ZodObject }),
      ...(header !== undefined && { header }),
    },
    ...(body !== undefined && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: { 'application/json': { schema: body } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.replies).map(([status, shape]) => [status, replyOf(status, shape)]),
      ),
      ...Object.fromEntries(problemsOf(route).map((status) => [String(status), problem(status)])),
    },
  }
}

/** `GET /api/v1/races/:id` is `getRacesById`. */
function operationId({ method, pattern }: Route): string {
  const words = pattern
    .replace(/^\/(api\/v1\/)?/, '')
    .replaceAll('/:', '/by-')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
  const named = words.map((word) => word[0]!.toUpperCase() + word.slice(1))
  return [method.toLowerCase(), ...named].join('')
}

function pathOf({ parameters, pattern }: Route): z.ZodObject {
  if (parameters) return parameters as z.ZodObject
  return z.object(Object.fromEntries(partsOf(pattern).map((name) => [name, z.string()])))
}

/** In 3.1 any scheme may name what it must allow: here the scope of a personal API token. */
function securityOf(route: Route): Record<string, string[]>[] {
  if (route.access === 'everyone') return []
  // Nothing at all is enough from the machine itself.
  if (route.access === 'metrics') return [{ bearer: [] }, {}]
  const scope = scopeOf(route)
  const scopes = scope === undefined ? [] : [scope]
  return [{ basic: scopes }, { bearer: scopes }]
}

function isRepeatable(route: Route): boolean {
  return route.method !== 'GET' && !isOpen(route)
}

const IDEMPOTENCY_HEADER = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[!-~]{1,128}$/)
    .optional()
    .describe('The same request with the same key has one effect, and the same answer for a day.'),
})

function replyOf(status: string, shape: ReplyShape): ZodOpenApiResponseObject {
  const description = STATUS_CODES[status] ?? status
  if (shape === 'empty') return { description }
  if (shape === 'text') return { description, content: { 'text/plain': { schema: z.string() } } }
  return {
    description: shape.description ?? description,
    content: { 'application/json': { schema: shape } },
  }
}

const problemShape = z
  .looseObject({
    type: z.literal('about:blank'),
    title: z.string().describe('the refusal in words'),
    status: z.number().int(),
    code: z.string().describe('stable, for programs'),
    request_id: z.string().describe('as in the header X-Request-Id'),
    errors: z
      .array(
        z.object({
          parameter: z.string().optional().describe('of the query'),
          pointer: z.string().optional().describe('into the body, RFC 6901'),
          detail: z.string(),
        }),
      )
      .optional(),
    reason: z.string().optional().describe('why the policy says no'),
    retry_after_ms: z.number().optional(),
  })
  .meta({
    id: 'Problem',
    description: 'RFC 9457 problem details',
    example: {
      type: 'about:blank',
      title: 'There is no such race.',
      status: 404,
      code: 'not-found',
      request_id: '01936c5e-8f2a-7c31-b6ad-3f1c0a9e5d27',
    },
  })

const PROBLEMS = new Map<number, ZodOpenApiResponseObject>()

/** One component for each status, which the operations share. */
function problem(status: number): ZodOpenApiResponseObject {
  const known = PROBLEMS.get(status)
  if (known) return known
  const made: ZodOpenApiResponseObject = {
    id: `Problem${status}`,
    description: STATUS_CODES[status] ?? String(status),
    content: { 'application/problem+json': { schema: problemShape } },
  }
  PROBLEMS.set(status, made)
  return made
}

/** What can be refused, by what a route has; a route of its own meaning for one comes first. */
function problemsOf(route: Route): number[] {
  const { query, body, pattern, replies } = route
  const isMembers = !isOpen(route)
  const found = [
    ...(query || body || isRepeatable(route) ? [400] : []),
    ...(isMembers ? [401] : []),
    ...(route.access === 'everyone' ? [] : [403]),
    ...(partsOf(pattern).length > 0 ? [404] : []),
    ...(route.method === 'GET' ? [] : [408, 409, 413, 422]),
    ...(body ? [415] : []),
    ...(isMembers ? [429] : []),
    500,
    503,
  ]
  return found.filter((status) => !(status in replies))
}
