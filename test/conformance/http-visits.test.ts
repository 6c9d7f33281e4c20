import { afterEach, expect, test } from 'vitest'

import { createVisits } from '#gateways/http/visits.ts'
import type { Member } from '#gateways/kernel/login.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

const HERE = { gateway: 'http', address: '192.0.2.1' } as const
const clock = createManualClock()
let system: TestSystem
afterEach(() => system.stop())

async function setUp(visits = 1_000) {
  system = await createTestSystem({ clock })
  for (const name of ['ann', 'ben']) await system.addMember({ name })
  const login = (name: string) => system.login.verify({ name, secret: 'password' }, HERE)
  const limits = { idleMs: 60_000, visits }
  return {
    visits: createVisits({ ...system, readModels: undefined as never }, limits),
    ann: await login('ann'),
    ben: await login('ben'),
  }
}

async function stateOf(id: string): Promise<string> {
  return (await system.host.state({ kind: 'connection', id })).value
}

test('requests that follow each other are one connection, until none has come for a minute', async () => {
  const { visits, ann } = await setUp()
  const id = await visits.of(ann, HERE)
  clock.advance(59_000)
  expect(await visits.of(ann, HERE)).toBe(id)
  clock.advance(59_000)
  expect(await stateOf(id)).toBe('authenticated')
  clock.advance(1_000)
  await expect.poll(() => stateOf(id)).toBe('closed')
  const next = await visits.of(ann, HERE)
  expect(next).not.toBe(id)
  await visits.stop()
  expect(await stateOf(next)).toBe('closed')
})

test('another address, proof or member is another one', async () => {
  const { visits, ann, ben } = await setUp()
  const token: Member = { ...ann, method: 'token:1' }
  const ids = await Promise.all([
    visits.of(ann, HERE),
    visits.of(ann, HERE),
    visits.of(ann, { ...HERE, address: '192.0.2.2' }),
    visits.of(token, HERE),
    visits.of(ben, HERE),
  ])
  expect(ids[0]).toBe(ids[1])
  expect(new Set(ids).size).toBe(4)
  await visits.stop()
})

test('a session stands for itself', async () => {
  const { visits, ann } = await setUp()
  expect(await visits.of({ ...ann, method: 'session:abc' }, HERE)).toBe('abc')
  const facts = await Array.fromAsync(system.log.readAll())
  expect(facts.filter(({ stream }) => stream.startsWith('connection-'))).toEqual([])
})

test('there are no more than the limit: who was idle for longest makes room', async () => {
  const { visits, ann, ben } = await setUp(2)
  const first = await visits.of(ann, HERE)
  const second = await visits.of(ben, HERE)
  await visits.of(ann, HERE)
  await visits.of(ben, { ...HERE, address: '192.0.2.3' })
  await expect.poll(() => stateOf(second)).toBe('closed')
  expect(await stateOf(first)).toBe('authenticated')
  await visits.stop()
})

test('does not count as a login', async () => {
  const { visits, ann } = await setUp()
  const limited = { ...ann, limits: { ...ann.limits, loginsMax: 0 } }
  const id = await visits.of(limited, HERE)
  expect(await stateOf(id)).toBe('authenticated')
  await visits.stop()
})

test('a member who has been forgotten opens none, and none is left open', async () => {
  const { visits, ann } = await setUp()
  await system.seals.forget('account:ann')
  await expect(visits.of(ann, HERE)).rejects.toMatchObject({ code: 'forgotten' })
  const opened = await Array.fromAsync(system.log.readAll())
  const { stream } = opened.find(({ type }) => type === 'connection.opened')!
  expect(await stateOf(stream.replace('connection-', ''))).toBe('closed')
  await visits.stop()
})
