import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { camelCased, snakeCased } from '#gateways/members/administration/snake-case.ts'
import { type Operation, perform } from '#gateways/members/administration/operation.ts'
import { OPERATIONS, type OperationName } from '#gateways/members/administration/operations.ts'
import {
  type Administration,
  GOOD,
  operate,
  startAdministration,
} from '#test/conformance/administration.fixture.ts'

let site: Administration
beforeAll(async () => {
  site = await startAdministration()
})
afterAll(() => site.stop())

describe('the operator at the command line', () => {
  test('administers accounts without a proof and without read models', async () => {
    const { system } = site
    const added = { name: 'Olga', password: GOOD, group: 'STAFF', flags: '1' }
    expect(await operate(system, 'account.add', added)).toMatchObject({ id: 'olga', flags: '1' })
    await operate(system, 'account.password', { account: 'olga', password: `${GOOD} 2` })
    expect((await site.logIn('olga', { password: `${GOOD} 2` })).status).toBe(200)
    const made = await operate(system, 'account.create-token', {
      account: 'olga',
      label: 'cli',
      scopes: ['read'],
    })
    await site.api(200, 'GET /me', { bearer: made.token })
    await expect(operate(system, 'account.list', {})).rejects.toMatchObject({
      code: 'no-read-models',
    })
    await expect(operate(system, 'account.add', { name: 'x' })).rejects.toMatchObject({
      code: 'invalid-parameters',
      fields: { errors: expect.arrayContaining([expect.objectContaining({ pointer: '/group' })]) },
    })
  })

  test('makes all tokens void by new keys, and no member does', async () => {
    const { access_token: bearer, refresh_token: token } = (await site.logIn('alice')).body
    const { retired, in_force } = await operate(site.system, 'keys.rotate-signing', {})
    expect(retired.length).toBe(1)
    expect(in_force.length).toBe(1)
    expect(in_force).not.toEqual(retired)
    await site.api(401, 'GET /me', { bearer })
    const fresh = await site.api(200, 'POST /auth/refresh', { body: { refresh_token: token } })
    await site.api(200, 'GET /me', { bearer: fresh.access_token })
  })

  test('is told why a master key of the settings cannot be changed', async () => {
    await expect(operate(site.system, 'keys.rotate-master', {})).rejects.toMatchObject({
      code: 'master-key-in-settings',
    })
  })
})

describe('a member', () => {
  const HERE = { gateway: 'ftp', address: '192.0.2.1' } as const

  /** As SITE commands have it: nothing but `perform` stands between. */
  async function doAs(name: string, operation: OperationName, params: object) {
    const { system } = site
    const member = await system.login.verify({ name, secret: 'password' }, HERE)
    const context = () => ({ by: member.id, connection: null, commandId: system.ids.next() })
    const asked: Operation = OPERATIONS[operation]
    const deps = { ...system, readModels: undefined }
    return await perform(deps, asked, params, { member, origin: HERE, context })
  }

  test.each([
    ['mfa.begin', { password: 'password' }],
    ['mfa.confirm', { code: '123456' }],
    ['mfa.recovery-codes', { password: 'password' }],
    ['account.create-token', { label: 'x', scopes: ['read'] }],
    ['account.set-own', { tagline: 'x' }],
    ['credits.gift', { to: 'alice', bytes: 1 }],
  ] as const)('does %s for nobody else, not even a siteop', async (name, params) => {
    const refused = doAs('root', name, { account: 'bob', ...params })
    await expect(refused).rejects.toMatchObject({ code: 'not-yours' })
  })

  test.each(['keys.rotate-signing', 'keys.rotate-master'] as const)(
    'does not %s, which is the operator’s',
    async (name) => {
      const refused = doAs('root', name, {})
      await expect(refused).rejects.toMatchObject({ fields: { reason: 'operator' } })
    },
  )

  test('is asked for the second factor too before it is taken away', async () => {
    await site.system.addMember({ name: 'tom' })
    await doAs('tom', 'mfa.begin', { account: 'tom', password: 'password' })
    // What was begun alone can be taken back with the password.
    const wrong = doAs('tom', 'mfa.remove', { account: 'tom', password: 'wrong' })
    await expect(wrong).rejects.toMatchObject({ code: 'login-incorrect' })
    await doAs('tom', 'mfa.remove', { account: 'tom', password: 'password' })
    const none = doAs('tom', 'mfa.remove', { account: 'tom', password: 'password' })
    await expect(none).rejects.toMatchObject({ code: 'mfa-off' })
  })

  test('who sets the password leaves no secret of the old one behind', async () => {
    const { vault, host } = site.system
    const credential = async () => {
      const state = await host.state<{ credential: string }>({ kind: 'account', id: 'tom' })
      return state.context.credential
    }
    const old = await credential()
    const asked = { account: 'tom', current: 'password' }
    const common = doAs('tom', 'account.password', { ...asked, password: 'password' })
    await expect(common).rejects.toMatchObject({ code: 'password-too-common' })
    expect(await credential()).toBe(old)
    await doAs('tom', 'account.password', { ...asked, password: GOOD })
    for (const kind of ['credential', 'scram']) {
      expect(await vault.get(`${kind}:${old}`)).toBeUndefined()
      expect(await vault.get(`${kind}:${await credential()}`)).toBeDefined()
      expect((await vault.entries(`${kind}:`)).length).toBeLessThanOrEqual(5)
    }
  })
})

describe.each(Object.entries(OPERATIONS))('%s', (_, { summary, params, result }) => {
  test('says in a line what it does, and what it takes and gives', () => {
    expect(summary).toMatch(/^\S.{5,120}[^.]$/)
    expect(params).toBeInstanceOf(z.ZodObject)
    expect(() => z.toJSONSchema(params, { io: 'input' })).not.toThrow()
    expect(() => z.toJSONSchema(result)).not.toThrow()
  })
})

test('names go from one spelling to the other and back', () => {
  const fields = { loginsMax: 1, loginHours: { fromHour: 1 }, none: null, list: [1] }
  expect(snakeCased(fields)).toEqual({
    logins_max: 1,
    login_hours: { from_hour: 1 },
    none: null,
    list: [1],
  })
  expect(camelCased(snakeCased(fields))).toEqual(fields)
})
