import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'

import { ROUTES } from '#gateways/http/commands.ts'
import {
  type SiteWithReadModels,
  startWithReadModels,
} from '#test/conformance/administration.fixture.ts'
import { raceMaker } from '#test/conformance/http-server.ts'

let site: SiteWithReadModels
/** A race of six facts: `race.created`, then five directories. */
let race: ReturnType<typeof raceMaker>
/** The positions of the race's first two facts. */
let start: number
let second: number

beforeAll(async () => {
  site = await startWithReadModels()
  const { system } = site
  await system.addMember({ name: 'auditor', group: 'AUDITORS' })
  await system.addMember({ name: 'colleague', group: 'AUDITORS' })
  race = raceMaker(system)
  start = (await race.create()).position
  second = (await race.next()).position
  for (let n = 0; n < 4; n++) await race.next()
  await site.caughtUp()
})
afterAll(() => site.stop())

const get = (path: string, as = 'auditor') => site.ask('GET', `/api/v1${path}`, { as })

const actor = (rest = '') => `/actors/race/${race.id}${rest}`
const typesOf = (items: { type: string }[]) => items.map(({ type }) => type)

describe('who may look back', () => {
  test.each([
    ['root', 200],
    ['auditor', 200],
    ['colleague', 200],
    ['alice', 403],
  ])('%s is answered with %i', async (name, status) => {
    for (const path of ['/audit', actor(), actor('/history'), actor('/diff?from=0')]) {
      expect((await get(path, name)).status).toBe(status)
    }
  })
})

describe('the audit', () => {
  test('tells facts with their data, newest first, by pages that stay as they are', async () => {
    const first = (await get(`/audit?stream=${race.stream}&limit=4`)).body
    await race.next()
    const more = `/audit?stream=${race.stream}&limit=4&cursor=${first.next_cursor}`
    const rest = (await get(more)).body
    const versions = [...first.items, ...rest.items].map(({ version }) => version)
    expect(versions).toEqual([5, 4, 3, 2, 1, 0])
    expect(rest.next_cursor).toBeNull()
    expect(rest.items.at(-1)).toEqual({
      position: start,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      stream: race.stream,
      version: 0,
      type: 'race.created',
      by: 'alice',
      connection: null,
      correlation_id: expect.any(String),
      causation_id: null,
      command_id: expect.any(String),
      id: expect.any(String),
      schema: 1,
      data: { section: 'incoming', release: `Release-${race.id}` },
      subject: null,
      gateway: null,
      method: null,
      from: null,
    })
  })

  test('is asked by anything that a fact has, all of it together', async () => {
    const { items } = (await get(`/audit?stream=${race.stream}`)).body
    const created = items.at(-1)
    const correlation = created.correlation_id
    const found = async (query: string) => typesOf((await get(`/audit?${query}`)).body.items)
    // What the site said about it followed from the same request.
    await expect
      .poll(() => found(`correlation=${correlation}`))
      .toEqual(['room.announced', 'race.created'])
    expect(await found(`kind=race&member=ALICE&type=*.created`)).toEqual(['race.created'])
    expect(await found(`type=race.created&kind=room`)).toEqual([])
    expect(await found(`kind=race&after=${start - 1}&before=${second + 1}&order=oldest`)).toEqual([
      'race.created',
      'race.directory-made',
    ])
    expect(await found(`kind=race&to=2020-01-01T00:00:00Z`)).toEqual([])
    expect(await found(`type=race.created&from=${created.at}`)).toEqual(['race.created'])
  })

  test('still names what the log no longer shows, without its data', async () => {
    const hidden = raceMaker(site.system)
    await hidden.create()
    await hidden.next()
    await site.system.log.writeMetadata(hidden.stream, { truncateBefore: 1 })
    await expect
      .poll(async () => (await get(`/audit?stream=${hidden.stream}`)).body.items)
      .toMatchObject([{ version: 1, data: { directory: 'd0' } }, { version: 0 }])
    const { items } = (await get(`/audit?stream=${hidden.stream}`)).body
    expect(items[1]).not.toHaveProperty('data')
    await site.system.log.writeMetadata(hidden.stream, { truncateBefore: 2 })
    const records = `/audit?stream=$$${hidden.stream}&limit=1`
    const first = (await get(records)).body
    expect(first.items).toMatchObject([{ type: '$metadata', version: 1, data: { $tb: 2 } }])
    const rest = (await get(`${records}&cursor=${first.next_cursor}`)).body
    expect(rest).toMatchObject({ items: [{ version: 0, data: { $tb: 1 } }], next_cursor: null })
    const state = await get(`/actors/race/${hidden.id}`)
    expect(state).toMatchObject({ status: 422, body: { code: 'history-incomplete' } })
  })
})

describe('an actor', () => {
  test('is told as it is and as it was', async () => {
    const now = (await get(actor())).body
    expect(now).toMatchObject({ kind: 'race', id: race.id, stream: race.stream, state: 'open' })
    expect(now.context.directories).toHaveProperty('d4')
    for (const at of ['1', `@${second}`]) {
      const then = (await get(actor(`?at=${encodeURIComponent(at)}`))).body
      expect(then).toMatchObject({ version: 1, position: second })
      expect(then.context.directories).toEqual({ d0: true })
    }
    const byTime = (await get(actor(`?at=${now.at}`))).body
    expect(byTime).toEqual(now)
    expect((await get(actor('?at=2020-01-01'))).status).toBe(404)
  })

  test('has a history by pages, either way', async () => {
    const first = (await get(actor('/history?limit=2'))).body
    expect(first.items.map(({ version }: { version: number }) => version)).toEqual([0, 1])
    const next = (await get(actor(`/history?limit=2&cursor=${first.next_cursor}`))).body
    expect(next.items.map(({ version }: { version: number }) => version)).toEqual([2, 3])
    expect(next.items[0].data).toEqual({ directory: 'd1' })
    const newest = (await get(actor('/history?order=newest&limit=100'))).body
    expect(newest.items[0].version).toBe(newest.version)
    expect(newest.next_cursor).toBeNull()
  })

  test('has differences between two moments, with the facts that made them', async () => {
    const { body } = await get(actor('/diff?from=1&to=3'))
    expect(body).toMatchObject({
      from: { version: 1 },
      to: { version: 3 },
      has_more_changes: false,
      has_more_facts: false,
    })
    expect(body.facts.map(({ version }: { version: number }) => version)).toEqual([2, 3])
    const added = body.changes.filter(({ kind }: { kind: string }) => kind === 'added')
    expect(JSON.stringify(added)).toContain('d2')
    const none = (await get(actor('/diff?from=2&to=2'))).body
    expect(none).toMatchObject({ changes: [], facts: [] })
    expect((await get(actor('/diff?from=2020-01-01&to=0'))).body.from).toMatchObject({
      version: -1,
      position: null,
      at: null,
    })
  })

  test.each([
    ['an unknown kind', '/actors/comet/1', 404, 'unknown-kind'],
    ['an unknown actor', '/actors/race/nobody', 404, 'not-found'],
    ['no text as an id', '/actors/race/%ff', 404, 'not-found'],
    ['a kind with a dash', '/actors/a-b/c', 404, 'not-found'],
    ['a wrong moment', '/actors/race/x?at=soon', 400, 'invalid-query'],
    ['a difference from nowhere', '/actors/race/x/diff', 400, 'invalid-query'],
    ['a wrong cursor', '/actors/race/x/history?cursor=x', 400, 'invalid-query'],
    ['a wrong time', '/audit?from=yesterday', 400, 'invalid-query'],
    ['a wrong position', '/audit?after=-1', 400, 'invalid-query'],
    ['a wrong order', '/audit?order=any', 400, 'invalid-query'],
  ])('is refused with a stable code for %s', async (_, path, status, code) => {
    expect(await get(path)).toMatchObject({ status, body: { status, code } })
  })
})

describe('what is answered', () => {
  const shown = () => [
    ['/races', '/api/v1/races'],
    [`/races/${race.id}`, '/api/v1/races/:id'],
    [actor(), '/api/v1/actors/:kind/:id'],
    [actor('/history?limit=2'), '/api/v1/actors/:kind/:id/history'],
    [actor('/diff?from=0'), '/api/v1/actors/:kind/:id/diff'],
    ['/audit?limit=3', '/api/v1/audit'],
    ['/connections', '/api/v1/connections'],
    ['/members/alice', '/api/v1/members/:id'],
  ]

  test('is what the routes’ schemas say, which the OpenAPI document shows', async () => {
    for (const [path, pattern] of shown()) {
      const { status, body } = await get(path!)
      const shape = ROUTES.find((route) => route.pattern === pattern)!.replies[status]
      // Nothing more than the schema says either: what it does not know is not in its output.
      expect({ path, body: (shape as z.ZodType).parse(body) }).toEqual({ path, body })
    }
  })
})
