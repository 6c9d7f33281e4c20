import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  type Administration,
  GOOD,
  startAdministration,
} from '#test/conformance/administration.fixture.ts'

let site: Administration
beforeAll(async () => {
  site = await startAdministration()
  await site.system.addMember({ name: 'editor', flags: '37' })
})
afterAll(() => site.stop())

const FORBIDDEN: readonly (readonly [string, object | undefined])[] = [
  ['GET /accounts', undefined],
  ['GET /accounts/bob', undefined],
  ['GET /accounts/nobody', undefined],
  ['POST /accounts', { name: 'New', password: GOOD, group: 'GRP' }],
  ['PATCH /accounts/bob', { flags: '1' }],
  ['DELETE /accounts/bob', undefined],
  ['POST /accounts/bob/readd', undefined],
  ['POST /accounts/bob/purge', undefined],
  ['POST /accounts/bob/forget', undefined],
  ['POST /accounts/bob/ban', { reason: 'x' }],
  ['POST /accounts/bob/unban', undefined],
  ['POST /accounts/bob/unlock', undefined],
  ['POST /accounts/bob/password', { password: GOOD }],
  ['POST /accounts/bob/groups', { group: 'GRP' }],
  ['PATCH /accounts/bob/groups/GRP', { is_admin: true }],
  ['DELETE /accounts/bob/groups/GRP', undefined],
  ['GET /accounts/bob/masks', undefined],
  ['POST /accounts/bob/masks', { add: [] }],
  ['GET /accounts/bob/sessions', undefined],
  ['DELETE /accounts/bob/sessions', undefined],
  ['DELETE /accounts/bob/sessions/one', undefined],
  ['GET /accounts/bob/tokens', undefined],
  ['DELETE /accounts/bob/tokens/01936c5e-8f2a-7c31-b6ad-3f1c0a9e5d27', undefined],
  ['GET /accounts/bob/mfa', undefined],
  ['DELETE /accounts/bob/mfa', undefined],
  ['GET /accounts/bob/credits', undefined],
  ['GET /accounts/bob/credits/lines', undefined],
  ['POST /accounts/bob/credits/give', { bytes: 1 }],
  ['POST /accounts/bob/credits/take', { bytes: 1 }],
  ['POST /accounts/bob/credits/reverse', { line: 0 }],
  ['PUT /accounts/bob/credits/ratio', { ratio: 0 }],
  ['PUT /accounts/bob/credits/allotment', { bytes: 1 }],
  ['POST /groups', { name: 'New' }],
  ['PATCH /groups/GRP', { description: 'x' }],
  ['DELETE /groups/GRP', undefined],
  ['POST /groups/GRP/readd', undefined],
  ['GET /policy/rights', undefined],
  ['PUT /policy/rights', { text: '' }],
  ['GET /policy/explain?member=bob&may=upload&path=/x', undefined],
]

test.each(FORBIDDEN)(
  '%s is not for every member, and for nobody who is not one',
  async (request, body) => {
    const given = body === undefined ? {} : { body }
    expect(await site.api(403, request, { as: 'alice', ...given })).toMatchObject({
      code: 'forbidden',
    })
    await site.api(401, request, given)
  },
)

describe('who edits users', () => {
  const as = 'editor'

  test('makes none who stand above them, and lifts nobody above them', async () => {
    const body = { name: 'Higher', password: GOOD, group: 'GRP' }
    for (const more of [{ flags: '1' }, { role: 'administrator' }, { role: 'moderator' }]) {
      const asking = { as, body: { ...body, ...more } }
      expect((await site.api(403, 'POST /accounts', asking)).reason).toBe('target-outranks')
      const change = { as, body: more }
      expect((await site.api(403, 'PATCH /accounts/bob', change)).reason).toBe('target-outranks')
      expect((await site.api(403, 'PATCH /accounts/editor', change)).reason).toBe('target-outranks')
    }
    await site.api(200, 'PATCH /accounts/bob', { as, body: { flags: '3C' } })
  })

  test('does nothing to those above them', async () => {
    const body = { password: GOOD }
    const refused = await site.api(403, 'POST /accounts/root/password', { as, body })
    expect(refused.reason).toBe('target-outranks')
    await site.api(403, 'DELETE /accounts/root', { as })
    await site.api(403, 'POST /accounts/root/forget', { as })
  })

  test('is told of an account that is not there', async () => {
    expect((await site.api(404, 'GET /accounts/nobody', { as })).code).toBe('no-such-account')
    expect((await site.api(404, 'DELETE /accounts/nobody', { as })).code).toBe('no-such-account')
  })
})

describe('an API token', () => {
  test('does what its scopes and its member allow, and no more', async () => {
    const asked = { label: 'x', scopes: ['read', 'site'] }
    const { token: bearer } = await site.api(201, 'POST /me/tokens', { as: 'root', body: asked })
    const body = { bytes: 5 }
    await site.api(200, 'POST /accounts/bob/credits/give', { bearer, body })
    await site.api(200, 'GET /accounts/bob', { bearer })
    const refused = await site.api(403, 'PATCH /accounts/bob', { bearer, body: { flags: '' } })
    expect(refused.code).toBe('outside-token-scope')
    await site.api(403, 'GET /policy/rights', { bearer })
  })
})

describe('the rights', () => {
  test('are read and replaced as a text; a wrong line is named and changes nothing', async () => {
    const as = 'root'
    const { text, version } = await site.api(200, 'GET /policy/rights', { as })
    const wrong = { text: `${text}nonsense /x *\n` }
    const refused = await site.api(400, 'PUT /policy/rights', { as, body: wrong })
    expect(refused).toMatchObject({ code: 'unknown-right', line: text.split('\n').length })
    expect(await site.api(200, 'GET /policy/rights', { as })).toEqual({ text, version })

    const explain = '/policy/explain?may=upload&path=/incoming/x'
    expect(await site.api(200, `GET ${explain}`, { as: 'alice' })).toMatchObject({ allowed: true })
    const body = { text: `upload /incoming/* !-alice *\n${text}`, version }
    await site.api(200, 'PUT /policy/rights', { as, body })
    // Who has read them before that would take it back.
    const stale = { as, body: { text, version } }
    expect(await site.api(409, 'PUT /policy/rights', stale)).toMatchObject({
      code: 'rights-changed',
    })
    const denied = await site.api(200, `GET ${explain}`, { as: 'alice' })
    expect(denied).toMatchObject({
      member: 'alice',
      may: 'upload',
      allowed: false,
      reason: 'denied-by-rule',
      rule: { line: 1, text: 'upload /incoming/* !-alice *' },
    })
  })

  test('are explained with what it would cost', async () => {
    const query = 'may=download&path=/incoming/x.rar&size_bytes=1000'
    expect(await site.api(200, `GET /policy/explain?${query}`, { as: 'alice' })).toMatchObject({
      allowed: false,
      reason: 'insufficient-credits',
      cost: { section: 'default', bytes: 1_000, ratio: 3, kind: 'credits' },
    })
    const body = { bytes: 1_000 }
    await site.api(200, 'POST /accounts/alice/credits/give', { as: 'root', body })
    const other = await site.api(200, `GET /policy/explain?${query}&member=Alice`, { as: 'editor' })
    expect(other).toMatchObject({ member: 'alice', allowed: true })
    await site.api(400, 'GET /policy/explain?may=fly', { as: 'alice' })
  })
})
