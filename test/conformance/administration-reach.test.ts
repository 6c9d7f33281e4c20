import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  type Administration,
  boss,
  GOOD,
  root,
  startAdministration,
} from '#test/conformance/administration.fixture.ts'

const password = { body: { password: GOOD } }

/** `boss` is an admin of AAA and in BBB, `chief` too, and a moderator; `editor` edits users. */
let site: Administration
beforeAll(async () => {
  site = await startAdministration()
  for (const name of ['boss', 'chief', 'mate', 'both', 'named', 'plain']) {
    await site.system.addMember({ name, group: 'AAA' })
  }
  await site.system.addMember({ name: 'editor', flags: '37' })
  await site.system.addMember({ name: 'auditor', group: 'AUDITORS' })
  const isAdmin = { ...root, body: { is_admin: true } }
  for (const name of ['boss', 'chief']) {
    await site.api(200, `PATCH /accounts/${name}/groups/AAA`, isAdmin)
  }
  await site.api(201, 'POST /groups', { ...root, body: { name: 'AAA' } })
  const limits = { slots: 1, leech_slots: 0, allotment_slots: 0 }
  await site.api(200, 'PATCH /groups/AAA', { ...root, body: { limits } })
  for (const [name, group] of [
    ['boss', 'BBB'],
    ['mate', 'BBB'],
    ['both', 'CCC'],
  ]) {
    await site.api(200, `POST /accounts/${name}/groups`, { ...root, body: { group } })
  }
  await site.api(200, 'PATCH /accounts/mate/groups/BBB', isAdmin)
  await site.api(200, 'PATCH /accounts/chief', { ...root, body: { role: 'moderator' } })
  const { text } = await site.api(200, 'GET /policy/rights', root)
  const named = text.replace('give - ', 'give - -named ')
  await site.api(200, 'PUT /policy/rights', { ...root, body: { text: named } })
})
afterAll(() => site.stop())

const refusedFor = async (request: string, asking: object) =>
  (await site.api(403, request, asking)).reason

describe('the admin of a group', () => {
  test('does not become the admin of another one by a member’s password', async () => {
    expect(await refusedFor('POST /accounts/mate/password', { ...boss, ...password })).toBe(
      'target-outranks',
    )
    await site.api(204, 'POST /accounts/plain/password', { ...boss, ...password })
  })

  test('does not become one whom the rights name', async () => {
    const asking = { ...boss, ...password }
    expect(await refusedFor('POST /accounts/named/password', asking)).toBe('target-outranks')
    expect(await refusedFor('DELETE /accounts/named/mfa', boss)).toBe('target-outranks')
  })

  test('ends no account that is of another group too, and none for good', async () => {
    expect(await refusedFor('DELETE /accounts/both', boss)).toBe('target-outranks')
    expect(await refusedFor('POST /accounts/plain/forget', boss)).toBe('group-admin')
    await site.api(204, 'DELETE /accounts/plain', boss)
    expect(await refusedFor('POST /accounts/plain/purge', boss)).toBe('group-admin')
    await site.api(204, 'POST /accounts/plain/readd', boss)
    await site.api(200, 'DELETE /accounts/both/groups/AAA', boss)
  })

  test('needs a free slot to take a deletion back', async () => {
    await site.api(204, 'DELETE /accounts/plain', boss)
    const slots = async () => (await site.api(200, 'GET /groups/AAA', root)).slots_taken.member
    await expect.poll(slots).toBe(0)
    await site.api(201, 'POST /accounts', {
      ...boss,
      body: { name: 'instead', password: GOOD, group: 'AAA' },
    })
    expect(await site.api(409, 'POST /accounts/plain/readd', boss)).toMatchObject({
      code: 'no-free-slot',
      slot: 'member',
    })
    await site.api(204, 'POST /accounts/plain/readd', root)
  })

  test('who has a role makes no other who has it', async () => {
    const body = { name: 'second', password: GOOD, group: 'AAA', role: 'moderator' }
    expect(await refusedFor('POST /accounts', { as: 'chief', body })).toBe('group-admin')
  })
})

describe('who edits users', () => {
  const as = 'editor'

  test.each([
    ['flags', 'PATCH /accounts/editor', { flags: '37G' }],
    ['flags of others', 'PATCH /accounts/bob', { flags: 'F' }],
    ['a group that the rights name', 'POST /accounts/editor/groups', { group: 'auditors' }],
    ['a new account', 'POST /accounts', { name: 'x1', password: GOOD, group: 'GRP', flags: 'D' }],
    [
      'a new account in a group',
      'POST /accounts',
      { name: 'x2', password: GOOD, group: 'AUDITORS' },
    ],
    ['a name that the rights name', 'POST /accounts/named/password', { password: GOOD }],
    ['the password of one who has them', 'POST /accounts/auditor/password', { password: GOOD }],
  ])('gives no rights over the site that they lack: by %s', async (_, request, body) => {
    expect(await refusedFor(request, { as, body })).toBe('target-outranks')
  })

  test('gives those that they have, and leaves to others what these have', async () => {
    await site.api(200, 'PATCH /accounts/bob', { as, body: { flags: '7' } })
    await site.api(200, 'PATCH /accounts/auditor', { as, body: { profile: { tagline: 'x' } } })
    await site.api(200, 'POST /accounts/bob/groups', { as, body: { group: 'CCC' } })
    await site.api(204, 'POST /accounts/alice/password', { as, ...password })
  })
})
