import { afterEach, beforeEach, expect, it } from 'vitest'

import { ROUTES } from '#gateways/http/commands.ts'
import { isOpen, type Route } from '#gateways/http/command.ts'
import { openSession, bearer, type Site, startSite } from '#test/conformance/attack.fixture.ts'

let site: Site

beforeEach(async () => {
  site = await startSite()
})
afterEach(() => site.stop())

const UUID = '01890000-0000-7000-8000-000000000000'

/** Bodies that a siteop could send: what is refused is refused for who asks. */
const BODIES: Readonly<Record<string, object>> = {
  'POST /api/v1/accounts': { name: 'mallory', password: 'Quite another, 42', group: 'GRP' },
  'PATCH /api/v1/accounts/:account': { flags: '13', role: 'administrator' },
  'DELETE /api/v1/accounts/:account': { reason: 'x' },
  'POST /api/v1/accounts/:account/ban': { reason: 'x' },
  'POST /api/v1/accounts/:account/password': {
    password: 'Quite another, 42',
    current: 'password',
  },
  'POST /api/v1/accounts/:account/groups': { group: 'STAFF', admin: true },
  'PATCH /api/v1/accounts/:account/groups/:group': { admin: true, is_admin: true },
  'POST /api/v1/accounts/:account/masks': { add: ['*@127.0.0.1'] },
  'DELETE /api/v1/accounts/:account/sessions': { reason: 'x' },
  'DELETE /api/v1/accounts/:account/sessions/:session': { reason: 'x' },
  'DELETE /api/v1/accounts/:account/tokens/:token': { reason: 'x' },
  'DELETE /api/v1/accounts/:account/mfa': { reason: 'x' },
  'POST /api/v1/accounts/:account/credits/give': { bytes: 1_000_000, note: 'x' },
  'POST /api/v1/accounts/:account/credits/take': { bytes: 1_000_000, note: 'x' },
  'POST /api/v1/accounts/:account/credits/reverse': { line: 0, note: 'x' },
  'PUT /api/v1/accounts/:account/credits/ratio': { section: 'incoming', ratio: 0 },
  'PUT /api/v1/accounts/:account/credits/allotment': { section: 'incoming', bytes: 1_000_000 },
  'POST /api/v1/groups': { name: 'MALLORY' },
  'PATCH /api/v1/groups/:group': { description: 'x' },
  'PUT /api/v1/policy/rights': { text: 'upload * *' },
  'POST /api/v1/sections': { name: 'MALLORY' },
  'PATCH /api/v1/sections/:section': { rules: { dupe_days: 1 } },
  'POST /api/v1/affils': { group: 'GRP', targets: [] },
}

/** What every member may ask. */
const FREE: ReadonlySet<string> = new Set([
  'GET /api/v1/groups',
  'GET /api/v1/groups/:group',
  'GET /api/v1/members/:id',
  'GET /api/v1/connections',
  // Each shows what the one who asks may see on the site.
  'GET /api/v1/affils',
  'GET /api/v1/nukes',
  'GET /api/v1/releases',
  'GET /api/v1/requests',
  'GET /api/v1/sections',
  'GET /api/v1/sections/:section',
])

const nameOf = ({ method, pattern }: Route) => `${method} ${pattern}`
const aboutOthers = ROUTES.filter(
  (route) =>
    !isOpen(route) &&
    !/^\/api\/v1\/(me|races|policy\/explain)\b/.test(route.pattern) &&
    !FREE.has(nameOf(route)),
).map(nameOf)

const FACTS = [
  'account',
  'group',
  'ledger',
  'presence',
  'lockout',
  'policy',
  'signing',
  'identity',
  'section',
  'site',
]

const pathOf = (pattern: string, values: Readonly<Record<string, string>>) =>
  pattern.replaceAll(/:([a-z]+)/gi, (_, name: string) => values[name] ?? 'x')

it.each(aboutOthers)('%s is nothing for a plain member, by session or by token', async (route) => {
  const victim = await openSession(site, 'bob')
  const made = { label: 'x', scopes: ['read', 'admin', 'site', 'audit'] as const, expiresAt: null }
  const context = { by: 'bob', connection: null, commandId: site.system.ids.next() }
  const bobs = await site.system.apiTokens.create('bob', made, context)
  const own = { ...context, by: 'alice', commandId: site.system.ids.next() }
  const alices = await site.system.apiTokens.create('alice', made, own)
  const { access } = await openSession(site, 'alice')
  const before = await site.facts(...FACTS)

  const [method = '', pattern = ''] = route.split(' ')
  const path = pathOf(pattern, {
    account: 'bob',
    name: 'bob',
    session: victim.session,
    token: bobs.id,
    group: 'GRP',
    section: 'incoming',
    kind: 'account',
    id: method === 'GET' ? 'bob' : UUID,
  })
  const body = BODIES[route]
  for (const secret of [access, alices.text]) {
    const headers = bearer(secret)
    const { status, text } = await site.ask(path, { method, headers, ...(body && { body }) })
    expect([403, 404], `${status} ${text}`).toContain(status)
    expect(text).not.toContain(victim.session)
  }
  expect(await site.facts(...FACTS)).toEqual(before)
})

it('what is a member’s own is never another’s, whatever the request says', async () => {
  const victim = await openSession(site, 'bob')
  const { access } = await openSession(site, 'alice')
  const headers = bearer(access)
  const before = await site.facts(...FACTS)
  const tries = [
    ['DELETE', `/api/v1/me/sessions/${victim.session}`, undefined],
    ['PATCH', '/api/v1/me', { account: 'bob', flags: '1', role: 'administrator' }],
    ['POST', '/api/v1/me/password', { account: 'bob', password: 'Quite another, 42' }],
    ['POST', '/api/v1/me/credits/gift', { account: 'bob', to: 'alice', bytes: 1 }],
    ['GET', '/api/v1/me/sessions?account=bob', undefined],
    ['GET', '/api/v1/policy/explain?member=bob&may=upload&path=/incoming/x', undefined],
  ] as const
  for (const [method, path, body] of tries) {
    const { status, text } = await site.ask(path, { method, headers, ...(body && { body }) })
    // What stands in a body or query beside what is asked for is passed over.
    expect(text, `${method} ${path}: ${status}`).not.toMatch(/"(account|id|member)":"bob"/)
    expect(text).not.toContain(victim.session)
  }
  const changed = (await site.facts(...FACTS)).slice(before.length)
  // A wrong present password counts as any other.
  expect(changed.filter(({ stream }) => !stream.startsWith('lockout-'))).toEqual([])
})
