import { afterAll, beforeAll, expect, test } from 'vitest'

import { GivenFacts } from '#projections/kernel/given-facts.ts'
import { modelsAfter, startPostgres } from '#test/conformance/projections.fixture.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const NOW = Date.UTC(2026, 1, 18, 12)
const LAST_MONTH = Date.UTC(2026, 0, 20)

const MEMBERS = { ann: 'A', bob: 'B', cid: 'B', dot: 'D', eve: 'B' }

function uploads(
  given: GivenFacts,
  by: string,
  file: string,
  sizeBytes: number,
  { at = NOW, race = 'race-1' } = {},
) {
  const figures = { group: 'G', sizeBytes, crc32: '0000000a', durationMs: 10 }
  const data = {
    file,
    uploadId: file,
    ...figures,
    verified: false,
    counted: true,
    credited: true,
    inStatistics: true,
  }
  return given.add(race, 'race.file-accepted', data, { by, at })
}

async function models() {
  const given = new GivenFacts()
  for (const [name, group] of Object.entries(MEMBERS)) {
    given.add(`account-${name}`, 'account.created', { name, group, flags: '3' })
    given.add(`account-${name}`, 'account.group-joined', { group, isAdmin: false })
    const proof = { account: name, group, method: 'password', remote: 'sealed' }
    const at = NOW + name.charCodeAt(0)
    if (name !== 'cid') {
      given.add(`connection-${name}`, 'connection.authenticated', proof, { by: name, at })
    }
  }
  given.add('race-1', 'race.created', { section: 'tv', release: 'One' })
  given.add('race-2', 'race.created', { section: 'x', release: 'Two' })
  uploads(given, 'ann', 'a1', 500)
  uploads(given, 'ann', 'a2', 9_000, { at: LAST_MONTH })
  uploads(given, 'bob', 'b', 300)
  uploads(given, 'cid', 'c', 300, { race: 'race-2' })
  uploads(given, 'dot', 'd', 10_000)
  given.add('account-dot', 'account.deleted', { reason: '' })
  given.add('account-dot', 'account.purged', {})
  given.add('account-eve', 'account.deleted', { reason: '' })
  return await modelsAfter(postgres.db, given, NOW)
}

test('members are ranked by what they moved in the period, purged ones left out', async () => {
  const { topMembers } = await models()
  const top = async (more: object) =>
    (await topMembers({ period: 'month', direction: 'up', limit: 10, ...more })).map(
      ({ name, sizeBytes }) => `${name} ${sizeBytes}`,
    )
  expect(await top({})).toEqual(['ann 500', 'bob 300', 'cid 300'])
  expect(await top({ period: 'all' })).toEqual(['ann 9500', 'bob 300', 'cid 300'])
  expect(await top({ limit: 2 })).toEqual(['ann 500', 'bob 300'])
  expect(await top({ group: 'b' })).toEqual(['bob 300', 'cid 300'])
  expect(await top({ group: 'nobody\0' })).toEqual([])
  expect(await top({ direction: 'down' })).toEqual([])
})

test('groups are ranked by the sum of their members', async () => {
  const { topGroups } = await models()
  expect(await topGroups({ period: 'day', direction: 'up', limit: 10 })).toEqual([
    { name: 'B', group: 'B', files: 2, sizeBytes: 600, durationMs: 20 },
    { name: 'A', group: 'A', files: 1, sizeBytes: 500, durationMs: 10 },
  ])
  const most = await topGroups({ period: 'all', direction: 'up', limit: 1 })
  expect(most).toMatchObject([{ name: 'A', sizeBytes: 9_500 }])
})

test('a section is ranked by what was moved in it alone', async () => {
  const { topMembers, topGroups } = await models()
  const query = { period: 'all', direction: 'up', limit: 10 } as const
  const names = (rows: readonly { name: string; sizeBytes: number }[]) =>
    rows.map(({ name, sizeBytes }) => `${name} ${sizeBytes}`)
  expect(names(await topMembers({ ...query, section: 'tv' }))).toEqual(['ann 9500', 'bob 300'])
  expect(names(await topMembers({ ...query, section: 'x' }))).toEqual(['cid 300'])
  expect(names(await topMembers({ ...query, section: 'tv', group: 'b' }))).toEqual(['bob 300'])
  expect(await topMembers({ ...query, section: 'none\0' })).toEqual([])
  expect(names(await topGroups({ ...query, section: 'tv' }))).toEqual(['A 9500', 'B 300'])
  expect(names(await topGroups({ ...query, section: 'x' }))).toEqual(['B 300'])
  expect(names(await topGroups({ ...query, group: 'b' }))).toEqual(['B 600'])
  expect(await topGroups({ ...query, section: 'none' })).toEqual([])
})

test('a member has totals in all, and by section', async () => {
  const { member, traffic } = await models()
  const none = { files: 0, sizeBytes: 0, durationMs: 0 }
  const ann = (await member('ann'))!
  expect(ann.sections.map(({ section }) => section)).toEqual(['tv'])
  expect(ann.sections[0]).toMatchObject({ up: ann.up, down: { all: none } })
  expect(ann.up).toMatchObject({ all: { sizeBytes: 9_500 }, month: { sizeBytes: 500 } })
  expect((await member('eve'))!).toMatchObject({ sections: [], up: { all: none } })
  expect((await traffic('tv')).up.all).toEqual({ files: 4, sizeBytes: 19_800, durationMs: 40 })
  expect((await traffic('x')).up.day).toEqual({ files: 1, sizeBytes: 300, durationMs: 10 })
  expect((await traffic('none')).up.all).toEqual(none)
})

test('the traffic is that of all, whoever has gone', async () => {
  const { up, down } = await (await models()).traffic()
  expect(up.all).toEqual({ files: 5, sizeBytes: 20_100, durationMs: 50 })
  expect(up.day).toEqual({ files: 4, sizeBytes: 11_100, durationMs: 40 })
  expect(down.all).toEqual({ files: 0, sizeBytes: 0, durationMs: 0 })
})

test('who was here last comes first; who never was, or is gone, does not', async () => {
  const { lastSeen } = await models()
  expect((await lastSeen(10)).map(({ name }) => name)).toEqual(['bob', 'ann'])
  expect((await lastSeen(1)).map(({ name }) => name)).toEqual(['bob'])
})
