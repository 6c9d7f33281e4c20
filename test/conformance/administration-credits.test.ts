import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  root,
  type SiteWithReadModels,
  startWithReadModels,
} from '#test/conformance/administration.fixture.ts'

let site: SiteWithReadModels
beforeAll(async () => {
  site = await startWithReadModels()
  for (const name of ['giver', 'taker'])
    await site.system.addMember({ name, flags: `3${name === 'giver' ? 'G' : 'F'}` })
})
afterAll(() => site.stop())

const change = (what: string, body: object, as = 'root') =>
  site.api(200, `POST /accounts/bob/credits/${what}`, { as, body })
const balance = async (account: string) => {
  const { sections } = await site.api(200, `GET /accounts/${account}/credits`, root)
  return sections[0].balance_bytes
}

test('credits are explained line by line, and the lines sum to the balance', async () => {
  expect(await change('give', { bytes: 5_000, note: 'welcome' }, 'giver')).toMatchObject({
    account: 'bob',
    section: 'default',
    balance_bytes: 5_000,
  })
  await change('take', { bytes: 7_000 }, 'taker')
  await change('give', { bytes: 3_000 })
  await site.api(403, 'POST /accounts/bob/credits/give', { as: 'taker', body: { bytes: 1 } })
  await site.api(403, 'POST /accounts/bob/credits/take', { as: 'giver', body: { bytes: 1 } })
  await site.api(200, 'POST /me/credits/gift', { as: 'bob', body: { to: 'Alice', bytes: 400 } })
  await site.caughtUp()

  const lines = await pages('/accounts/bob/credits/lines', 3)
  expect(lines.length).toBe(4)
  expect(lines[3]).toMatchObject({
    line: 0,
    by: 'giver',
    change_bytes: 5_000,
    balance_bytes: 5_000,
    cause: { kind: 'gift', member: 'giver', note: 'welcome' },
  })
  expect(lines[0].cause).toEqual({ kind: 'gift', member: 'alice' })
  const sum = lines.reduce((total, { change_bytes: bytes }) => total + bytes, 0)
  expect(sum).toBe(600)
  expect(lines[0].balance_bytes).toBe(sum)
  expect(await balance('bob')).toBe(sum)
  expect(await balance('alice')).toBe(400)

  const own = await site.api(200, 'GET /me/credits/lines', { as: 'alice' })
  expect(own.items).toMatchObject([{ change_bytes: 400, cause: { member: 'bob' } }])
})

/** All lines of a list that comes by pages. */
async function pages(path: string, limit: number): Promise<any[]> {
  const found: any[] = []
  let cursor = ''
  do {
    const page = await site.api(200, `GET ${path}?limit=${limit}${cursor}`, root)
    found.push(...page.items)
    cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`
  } while (cursor !== '')
  return found
}

test('a line is undone once, by whom may do the contrary', async () => {
  const before = await balance('bob')
  // Line 1 took 7,000.
  await site.api(403, 'POST /accounts/bob/credits/reverse', { as: 'taker', body: { line: 1 } })
  await change('reverse', { line: 1, bytes: 2_000 })
  expect(await balance('bob')).toBe(before + 2_000)
  await change('reverse', { line: 1 })
  expect(await balance('bob')).toBe(before + 7_000)
  const again = await site.api(409, 'POST /accounts/bob/credits/reverse', {
    ...root,
    body: { line: 1 },
  })
  expect(again.code).toBe('already-reversed')
  const none = await site.api(404, 'POST /accounts/bob/credits/reverse', {
    ...root,
    body: { line: 999 },
  })
  expect(none.code).toBe('no-such-line')
  await site.caughtUp()
  const [last] = await pages('/accounts/bob/credits/lines', 100)
  expect(last).toMatchObject({ change_bytes: 5_000, reverses_line: 1 })
})

describe('a gift', () => {
  const gift = (status: number, body: object, headers = {}) =>
    site.api(status, 'POST /me/credits/gift', { as: 'bob', body, headers })

  test('is of what one has, to another who is there', async () => {
    const bytes = (await balance('bob')) + 1
    expect((await gift(403, { to: 'alice', bytes })).code).toBe('insufficient-credits')
    expect((await gift(404, { to: 'nobody', bytes: 1 })).code).toBe('no-such-account')
    expect((await gift(400, { to: 'bob', bytes: 1 })).errors[0].pointer).toBe('/to')
    await gift(400, { to: 'alice', bytes: 0 })
    await gift(400, { to: 'alice', bytes: -5 })
  })

  test('is given once, however often the request is sent', async () => {
    const [bob, alice] = [await balance('bob'), await balance('alice')]
    const key = { 'idempotency-key': 'one-gift' }
    await gift(200, { to: 'alice', bytes: 10 }, key)
    await gift(200, { to: 'alice', bytes: 10 }, key)
    expect([await balance('bob'), await balance('alice')]).toEqual([bob - 10, alice + 10])
  })

  test('that a crash has left half done is completed by the same request', async () => {
    const [bob, alice] = [await balance('bob'), await balance('alice')]
    const { host } = site.system
    const send = host.send.bind(host)
    const key = { 'idempotency-key': 'half-gift' }
    host.send = async (ref, command, context) => {
      const isCredit = command.type === 'ledger.credit'
      if (isCredit) throw new Error('the process is gone')
      return await send(ref, command, context)
    }
    try {
      await gift(500, { to: 'alice', bytes: 10 }, key)
    } finally {
      host.send = send
    }
    expect([await balance('bob'), await balance('alice')]).toEqual([bob - 10, alice])
    await gift(200, { to: 'alice', bytes: 10 }, key)
    expect([await balance('bob'), await balance('alice')]).toEqual([bob - 10, alice + 10])
  })

  test('that the other cannot take comes back', async () => {
    const most = 2 ** 50
    for (let given = 0; given < 4; given++) {
      await site.api(200, 'POST /accounts/taker/credits/give', {
        ...root,
        body: { bytes: given < 3 ? most : most - 1 },
      })
    }
    const before = await balance('bob')
    expect((await gift(400, { to: 'taker', bytes: 5 })).code).toBe('balance-too-large')
    expect(await balance('bob')).toBe(before)
  })
})

test('accounts and groups are listed by pages to those who may see them', async () => {
  await site.api(200, 'PATCH /accounts/alice', { ...root, body: { role: 'moderator' } })
  await site.api(201, 'POST /groups', { ...root, body: { name: 'Hidden' } })
  await site.api(200, 'PATCH /groups/Hidden', { ...root, body: { is_private: true } })
  await site.caughtUp()
  expect((await pages('/accounts', 2)).map(({ id }) => id)).toEqual([
    'alice',
    'bob',
    'giver',
    'root',
    'taker',
  ])
  const { items } = await site.api(200, 'GET /accounts?role=moderator', root)
  expect(items).toMatchObject([{ id: 'alice', role: 'moderator', standing: 'active' }])
  expect(await pages('/groups', 50)).toMatchObject([{ name: 'Hidden', is_private: true }])
  expect((await site.api(200, 'GET /groups', { as: 'bob' })).items).toEqual([])
})

test('whom the site forgets leaves nothing that says who they were', async () => {
  const { system, postgres } = site
  const body = { email: 'taker@example.org', real_name: 'Tom Taker' }
  await site.api(200, 'PATCH /me', { as: 'taker', body })
  const masks = { add: ['tom@203.0.113.7'] }
  await site.api(200, 'POST /accounts/taker/masks', { ...root, body: masks })
  const token = { label: 'x', scopes: ['read'] }
  await site.api(200, 'POST /accounts/taker/masks', { ...root, body: { remove: masks.add } })
  const { id } = await site.api(201, 'POST /me/tokens', { as: 'taker', body: token })
  await site.api(200, 'POST /accounts/taker/masks', { ...root, body: masks })
  const before = (await system.host.state<any>({ kind: 'account', id: 'taker' })).context
  const sealed = before.email
  expect(await system.seals.unseal('account:taker', 'email', sealed)).toBe(body.email)

  const forget = () => site.api(200, 'POST /accounts/taker/forget', root)
  expect(await forget()).toEqual({ account: 'taker', was_key_destroyed: true })
  expect(await forget()).toEqual({ account: 'taker', was_key_destroyed: false })

  expect(await system.seals.unseal('account:taker', 'email', sealed)).toBeUndefined()
  for (const key of [
    `credential:${before.credential}`,
    `scram:${before.credential}`,
    `token:${id}`,
  ]) {
    expect(await system.vault.get(key)).toBeUndefined()
  }
  expect((await site.logIn('taker')).status).toBe(401)
  expect(await site.api(200, 'GET /accounts/taker', root)).toMatchObject({
    email: null,
    real_name: null,
    is_forgotten: true,
    standing: 'purged',
  })
  await site.caughtUp()
  const { rows } = await postgres.db.executeQuery<any>({
    sql: `select table_name from information_schema.tables where table_schema = 'veza'`,
    parameters: [],
  } as never)
  let text = JSON.stringify(await Array.fromAsync(system.log.readAll()))
  for (const { table_name: table } of rows) {
    const all = await postgres.db.withSchema('veza').selectFrom(table).selectAll().execute()
    text += JSON.stringify(all, (_, value) => (typeof value === 'bigint' ? String(value) : value))
  }
  for (const personal of [body.email, body.real_name, '203.0.113.7', '127.0.0.1']) {
    expect(text).not.toContain(personal)
  }
})
