import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { GivenFacts } from '#projections/kernel/given-facts.ts'
import { modelsAfter as askedAfter, startPostgres } from '#test/conformance/projections.fixture.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const NOW = Date.UTC(2026, 1, 18, 12)
const LAST_MONTH = Date.UTC(2026, 0, 20)
const CRC = '0000000a'

const modelsAfter = (given: GivenFacts) => askedAfter(postgres.db, given, NOW)

const proof = { method: 'password', remote: 'sealed' }
const loggedIn = { account: 'ann', group: 'G', ...proof }

const accepted = (file: string, more: object = {}) => ({
  file,
  uploadId: file,
  group: 'G',
  sizeBytes: 100,
  crc32: CRC,
  durationMs: 10,
  verified: true,
  counted: true,
  credited: true,
  inStatistics: true,
  ...more,
})

function aRace(): GivenFacts {
  const origin = { by: 'ann', connection: 'c1', at: NOW }
  return new GivenFacts()
    .add('race-1', 'race.created', { section: 'incoming', release: 'First' }, origin)
    .add(
      'race-1',
      'race.file-accepted',
      accepted('x.sfv', { verified: false, counted: false }),
      origin,
    )
    .add(
      'race-1',
      'race.sfv-added',
      {
        file: 'x.sfv',
        entries: [
          ['a', CRC],
          ['b', CRC],
          ['c', CRC],
        ],
      },
      origin,
    )
    .add('race-1', 'race.file-accepted', accepted('a'), origin)
    .add('race-1', 'race.started', { member: 'ann', group: 'G', expectedFiles: 3 }, origin)
    .add('race-1', 'race.file-accepted', accepted('d', { verified: false }), {
      ...origin,
      by: 'bob',
    })
    .add('race-1', 'race.file-marked-bad', {
      file: 'd',
      member: 'bob',
      sizeBytes: 100,
      durationMs: 10,
      counted: true,
      crc32: CRC,
      expectedCrc32: '0000000b',
    })
    .add(
      'race-1',
      'race.upload-started',
      { file: 'b', uploadId: 'u', group: 'G', offsetBytes: 0 },
      origin,
    )
}

const SUMMARY = {
  id: '1',
  section: 'incoming',
  release: 'First',
  state: 'open',
  kind: 'OTHER',
  hasNfo: false,
  hasSfv: true,
  hasSample: false,
  expectedFiles: 3,
  filesDone: 1,
  badFiles: 1,
  sizeBytes: 200,
  racers: 1,
  leader: 'ann',
  createdAt: NOW,
  startedAt: NOW,
  completedAt: null,
  nukedAt: null,
  nuker: null,
  nukeMultiplier: null,
  nukeReason: null,
  publishedAt: null,
  publishedBy: null,
  position: 8,
}

describe('the read models answer', () => {
  test('a race with its standings and files', async () => {
    const models = await modelsAfter(aRace())
    const none = { member: null, sizeBytes: 0, crc32: null, acceptedAt: null }
    const here = { member: 'ann', sizeBytes: 100, crc32: CRC, acceptedAt: NOW }
    expect(await models.race('1')).toEqual({
      ...SUMMARY,
      standings: [{ member: 'ann', group: 'G', files: 1, sizeBytes: 100, durationMs: 10 }],
      files: [
        { file: 'a', state: 'ok', ...here, expectedCrc32: CRC },
        { file: 'b', state: 'uploading', ...none, member: 'ann', expectedCrc32: CRC },
        { file: 'c', state: 'missing', ...none, expectedCrc32: CRC },
        { file: 'd', state: 'bad', ...here, member: 'bob', expectedCrc32: null },
        { file: 'x.sfv', state: 'unchecked', ...here, expectedCrc32: null },
      ],
      zips: [],
      audio: null,
    })
    expect(await models.race('2')).toBeUndefined()
    expect(await models.race('\0')).toBeUndefined()
  })

  test('races newest first, page by page, filtered, with the position they reflect', async () => {
    const given = aRace()
    for (const n of [2, 3, 4, 5]) {
      given.add(`race-${n}`, 'race.created', {
        section: n === 4 ? 'tv' : 'incoming',
        release: `R${n}`,
      })
    }
    given.add('race-3', 'race.removed', {})
    const models = await modelsAfter(given)
    const first = await models.races({ limit: 2 })
    expect(first).toMatchObject({ items: [{ id: '5' }, { id: '4' }], position: 13 })
    const second = await models.races({ limit: 2, cursor: first.nextCursor! })
    expect(second.items.map(({ id }) => id)).toEqual(['3', '2'])
    const third = await models.races({ limit: 2, cursor: second.nextCursor! })
    expect(third).toEqual({ items: [SUMMARY], nextCursor: null, position: 13 })
    const ids = async (query: object) =>
      (await models.races({ limit: 9, ...query })).items.map(({ id }) => id)
    expect(await ids({ section: 'tv' })).toEqual(['4'])
    expect(await ids({ state: 'removed' })).toEqual(['3'])
    expect(await ids({ section: 'incoming', state: 'open' })).toEqual(['5', '2', '1'])
    expect(await models.races({ limit: 2, section: 'none' })).toEqual({
      items: [],
      nextCursor: null,
      position: 13,
    })
    await expect(models.races({ limit: 2, cursor: 'x' })).rejects.toMatchObject({
      code: 'invalid-cursor',
    })
    const audit = await models.audit({ limit: 1 })
    await expect(models.races({ limit: 2, cursor: audit.nextCursor! })).rejects.toMatchObject({
      code: 'invalid-cursor',
    })
  })

  test('races by name, without removed ones', async () => {
    const given = aRace()
      .add('race-2', 'race.removed', {})
      .add('race-3', 'race.created', { section: 'incoming', release: 'Second' })
      .add('race-4', 'race.created', { section: 'incoming', release: 'Gone' })
      .add('race-4', 'race.removed', {})
      .add('race-5', 'race.created', { section: 'tv', release: 'First' })
    const models = await modelsAfter(given)
    const found = await models.racesByName('incoming', ['First', 'Second', 'Gone', 'Never', '"\0'])
    expect(found).toEqual([SUMMARY, expect.objectContaining({ id: '3', release: 'Second' })])
    expect(await models.racesByName('incoming', [])).toEqual([])
  })

  test('a member with the totals of now', async () => {
    const given = new GivenFacts()
      .add('account-ann', 'account.created', { name: 'Ann', group: 'G', flags: '3' }, { at: 5 })
      .add('connection-1', 'connection.authenticated', loggedIn, { at: 9 })
      .add('race-1', 'race.file-accepted', accepted('a'), { by: 'ann', at: NOW })
      .add('race-1', 'race.file-accepted', accepted('b'), { by: 'ann', at: LAST_MONTH })
    const models = await modelsAfter(given)
    const one = { files: 1, sizeBytes: 100, durationMs: 10 }
    const none = { files: 0, sizeBytes: 0, durationMs: 0 }
    expect(await models.member('ann')).toEqual({
      id: 'ann',
      name: 'Ann',
      group: 'G',
      flags: '3',
      createdAt: 5,
      lastSeenAt: 9,
      sections: [],
      up: {
        all: {
          files: 2,
          sizeBytes: 200,
          durationMs: 20,
        },
        month: one,
        week: one,
        day: one,
      },
      down: {
        all: none,
        month: none,
        week: none,
        day: none,
      },
    })
    expect(await models.member('nobody')).toBeUndefined()
  })

  test('who is on, oldest first, with what they upload', async () => {
    const opened = { gateway: 'ftp', node: 'n' } as const
    const upload = { file: 'a', uploadId: 'u', group: 'G', offsetBytes: 0 }
    const given = new GivenFacts()
      .add('connection-2', 'connection.opened', opened, { at: 20 })
      .add('connection-1', 'connection.opened', opened, { at: 10 })
      .add('connection-2', 'connection.authenticated', loggedIn)
      .add('race-7', 'race.upload-started', upload, { by: 'ann', connection: '2' })
    const models = await modelsAfter(given)
    const nobody = { secured: false, member: null, group: null, method: null, remote: null }
    expect(await models.connections()).toEqual([
      { id: '1', ...opened, ...nobody, openedAt: 10, upload: null },
      {
        id: '2',
        ...opened,
        secured: false,
        member: 'ann',
        group: 'G',
        ...proof,
        openedAt: 20,
        upload: {
          race: '7',
          file: 'a',
          uploadId: 'u',
        },
      },
    ])
  })

  test('the audit trail by each of its filters, newest first', async () => {
    const given = aRace().add('race-2', 'race.removed', {}, { by: 'bob', at: NOW + 5 })
    const models = await modelsAfter(given)
    const positions = async (query: object) =>
      (await models.audit({ limit: 50, ...query })).items.map(({ position }) => position)
    expect(await positions({})).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
    expect(await positions({ stream: 'race-2' })).toEqual([9])
    expect(await positions({ member: 'bob' })).toEqual([9, 6])
    expect(await positions({ type: 'race.file-accepted' })).toEqual([6, 4, 2])
    expect(await positions({ correlationId: given.facts[2]!.meta.correlationId })).toEqual([3])
    expect(await positions({ since: NOW + 1 })).toEqual([9])
    expect(await positions({ until: NOW - 1 })).toEqual([7])
    expect(await positions({ stream: '\0' })).toEqual([])
    expect(await positions({ kind: 'race', member: 'bob' })).toEqual([9, 6])
    expect(await positions({ kind: 'rac' })).toEqual([])
    expect(await positions({ type: 'race.file-acc*' })).toEqual([6, 4, 2])
    expect(await positions({ type: '*.file_accepted' })).toEqual([])
    expect(await positions({ type: 'rac?.remove*' })).toEqual([9])
    expect(await positions({ after: 3, before: 6 })).toEqual([5, 4])
    expect(await positions({ after: 6, order: 'oldest' })).toEqual([7, 8, 9])
    const oldest = { limit: 4, order: 'oldest' } as const
    const one = await models.audit(oldest)
    const two = await models.audit({ ...oldest, cursor: one.nextCursor! })
    expect(two.items.map(({ position }) => position)).toEqual([5, 6, 7, 8])
    await expect(models.audit({ limit: 4, cursor: one.nextCursor! })).rejects.toThrow(
      expect.objectContaining({ code: 'invalid-cursor' }),
    )
    const first = await models.audit({ limit: 5 })
    const second = await models.audit({ limit: 5, cursor: first.nextCursor! })
    expect([...first.items, ...second.items]).toHaveLength(9)
    expect(second).toMatchObject({ nextCursor: null, position: 9 })
    expect(second.items.at(-1)).toEqual({
      position: 1,
      at: NOW,
      stream: 'race-1',
      version: 0,
      type: 'race.created',
      by: 'ann',
      subject: null,
      connection: 'c1',
      origin: null,
      commandId: given.facts[0]!.meta.commandId,
      correlationId: given.facts[0]!.meta.correlationId,
      causationId: null,
    })
  })
})
