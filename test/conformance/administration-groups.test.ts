import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  type Administration,
  boss,
  GOOD,
  root,
  startAdministration,
} from '#test/conformance/administration.fixture.ts'

/** `boss` is an admin of AAA, which has slots; `other` of BBB. */
let site: Administration
beforeAll(async () => {
  site = await startAdministration()
  for (const [group, admin] of [
    ['AAA', 'boss'],
    ['BBB', 'other'],
  ]) {
    await site.api(201, 'POST /groups', { ...root, body: { name: group } })
    await site.system.addMember({ name: admin!, group: group! })
    const body = { is_admin: true }
    await site.api(200, `PATCH /accounts/${admin}/groups/${group}`, { ...root, body })
  }
  const limits = { slots: 2, leech_slots: 1, allotment_slots: 1, allotment_bytes_max: 1_000 }
  await site.api(200, 'PATCH /groups/AAA', { ...root, body: { limits } })
})
afterAll(() => site.stop())

const add = (name: string, more: object = {}) => ({
  ...boss,
  body: { name, password: GOOD, group: 'AAA', ...more },
})
const slots = async () => (await site.api(200, 'GET /groups/AAA', root)).slots_taken

describe('the admin of a group', () => {
  test('adds members to it as far as there are slots, and gives them nothing', async () => {
    await site.api(201, 'POST /accounts', add('a1'))
    const refused = await site.api(403, 'POST /accounts', add('a2', { flags: '7' }))
    expect(refused.reason).toBe('target-outranks')
    await site.api(403, 'POST /accounts', add('a2', { role: 'moderator' }))
    await site.api(403, 'POST /accounts', add('a2', { group: 'BBB' }))
    // A name that is taken costs no slot.
    expect((await site.api(409, 'POST /accounts', add('other'))).code).toBe('account-exists')
    expect(await slots()).toMatchObject({ member: 1 })
    await site.api(201, 'POST /accounts', add('a2', { flags: '3' }))
    const full = await site.api(409, 'POST /accounts', add('a3'))
    expect(full).toMatchObject({ code: 'no-free-slot', slot: 'member', limit: 2 })
  })

  test('administers its members, and those of no other group', async () => {
    const personal = { email: 'a1@example.org', profile: { comment: 'quiet' } }
    await site.api(200, 'PATCH /accounts/a1', { ...root, body: personal })
    const shown = await site.api(200, 'GET /accounts/a1', boss)
    expect(shown).toMatchObject({ id: 'a1', email: null, comment: null })
    const body = { limits: { uploads_max: 1 }, profile: { tagline: 'ours' } }
    await site.api(200, 'PATCH /accounts/a1', { ...boss, body })
    await site.api(200, 'POST /accounts/a1/masks', { ...boss, body: { add: ['*@*'] } })
    await site.api(204, 'POST /accounts/a1/password', { ...boss, body: { password: GOOD } })
    for (const more of [{ flags: 'G' }, { role: 'moderator' }, { expires_at: null }]) {
      expect((await site.api(403, 'PATCH /accounts/a1', { ...boss, body: more })).code).toBe(
        'forbidden',
      )
    }
    for (const name of ['alice', 'other', 'root']) {
      await site.api(403, `GET /accounts/${name}`, boss)
      await site.api(403, `PATCH /accounts/${name}`, { ...boss, body })
      await site.api(403, `DELETE /accounts/${name}`, boss)
    }
  })

  test('lets no member of another group in, and makes no other admins', async () => {
    const body = { group: 'AAA' }
    await site.api(403, 'POST /accounts/other/groups', { ...boss, body })
    await site.api(403, 'POST /accounts/a1/groups', { ...boss, body: { group: 'BBB' } })
    await site.api(403, 'POST /accounts/a1/groups', { ...boss, body: { ...body, is_admin: true } })
    await site.api(403, 'PATCH /accounts/a1/groups/AAA', { ...boss, body: { is_admin: true } })
  })

  test('does nothing to a member who may do more', async () => {
    await site.api(200, 'PATCH /accounts/a1', { ...root, body: { flags: '7' } })
    const asked = { ...boss, body: { password: GOOD } }
    expect((await site.api(403, 'POST /accounts/a1/password', asked)).reason).toBe(
      'target-outranks',
    )
    await site.api(200, 'PATCH /accounts/a1', { ...root, body: { flags: '' } })
    // Nor sets the password of one who is in a group of which the admin is none.
    await site.api(200, 'POST /accounts/a1/groups', { ...root, body: { group: 'BBB' } })
    expect((await site.api(403, 'POST /accounts/a1/password', asked)).reason).toBe(
      'target-outranks',
    )
    await site.api(403, 'DELETE /accounts/a1/groups/BBB', boss)
    await site.api(200, 'DELETE /accounts/a1/groups/BBB', root)
    await site.api(204, 'POST /accounts/a1/password', asked)
  })

  test('makes leeches and gives allotments as far as there are slots', async () => {
    const ratio = (account: string, to: number) => [
      `PUT /accounts/${account}/credits/ratio`,
      { ...boss, body: { ratio: to } },
    ]
    const put = (status: number, [request, asking]: readonly any[]) =>
      site.api(status, request, asking)
    await put(200, ratio('a1', 0))
    expect((await put(409, ratio('a2', 0))).slot).toBe('leech')
    expect((await put(403, ratio('a2', 4))).reason).toBe('group-admin')
    await put(200, ratio('a1', 3))
    await put(200, ratio('a2', 0))
    expect(await slots()).toMatchObject({ leech: 1 })

    const allot = (account: string, bytes: number | null) => [
      `PUT /accounts/${account}/credits/allotment`,
      { ...boss, body: { bytes } },
    ]
    expect((await put(403, allot('a1', 1_001))).reason).toBe('group-admin')
    await put(200, allot('a1', 1_000))
    expect((await put(409, allot('a2', 1_000))).slot).toBe('allotment')
    await put(200, allot('a1', null))
    expect(await slots()).toMatchObject({ allotment: 0 })
  })

  test('describes the group, and does not say how many it may have', async () => {
    await site.api(200, 'PATCH /groups/AAA', { ...boss, body: { description: 'ours' } })
    await site.api(403, 'PATCH /groups/AAA', { ...boss, body: { limits: { slots: 9 } } })
    await site.api(403, 'PATCH /groups/BBB', { ...boss, body: { description: 'theirs' } })
    await site.api(403, 'DELETE /groups/AAA', boss)
    await site.api(403, 'POST /groups', { ...boss, body: { name: 'CCC' } })
  })

  test('gets the slot back of a member who leaves', async () => {
    await site.api(204, 'DELETE /accounts/a2', boss)
    await expect.poll(slots).toEqual({ member: 1, leech: 0, allotment: 0 })
    await site.api(201, 'POST /accounts', add('a3'))
  })
})

describe('a group', () => {
  test('that is private is there for its members and administrators alone', async () => {
    await site.api(200, 'PATCH /groups/BBB', { ...root, body: { is_private: true } })
    expect(await site.api(200, 'GET /groups/bbb', { as: 'other' })).toMatchObject({ name: 'BBB' })
    await site.api(200, 'GET /groups/bbb', root)
    const hidden = await site.api(404, 'GET /groups/bbb', { as: 'alice' })
    const absent = await site.api(404, 'GET /groups/nothing', { as: 'alice' })
    expect([hidden.code, hidden.title]).toEqual([absent.code, absent.title])
  })

  test('is deleted, takes nobody then, and comes back', async () => {
    await site.api(201, 'POST /groups', { ...root, body: { name: 'DDD', description: 'd' } })
    expect((await site.api(200, 'DELETE /groups/DDD', root)).is_deleted).toBe(true)
    const body = { name: 'd1', password: GOOD, group: 'DDD' }
    expect((await site.api(409, 'POST /accounts', { ...root, body })).code).toBe('group-deleted')
    expect((await site.api(200, 'POST /groups/DDD/readd', root)).is_deleted).toBe(false)
    await site.api(201, 'POST /accounts', { ...root, body })
  })
})
