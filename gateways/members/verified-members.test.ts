import { expect, test } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { createVerifiedMembers, decodeBasic } from '#gateways/http/verified-members.ts'
import type { Member } from '#gateways/kernel/login.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'

const header = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

async function setUp(verify: (name: string, password: string) => Promise<Member>) {
  const state = { now: 0, checks: 0 }
  const bus = createInProcessBus((cause) => {
    throw cause
  })
  const clock = { now: () => state.now, after: () => () => {} }
  const login = {
    async verify(name: string, password: string) {
      state.checks++
      return await verify(name, password)
    },
  }
  const members = createVerifiedMembers({ login, bus, clock })
  await members.start()
  const passwordSet = (account: string) =>
    bus.publish([{ stream: `account-${account}`, type: 'account.password-set' } as Fact])
  return { state, members, passwordSet }
}

async function alice(name: string, password: string): Promise<Member> {
  if (password !== 'right') throw new Refusal('login-incorrect', 'Login incorrect.')
  return { id: name, name, group: 'GRP', flags: '3' }
}

test('checks a password once a minute, and a wrong one every time', async () => {
  const { state, members } = await setUp(alice)
  const right = header('alice:right')
  expect((await members.authorize(right)).id).toBe('alice')
  await members.authorize(right)
  expect(state.checks).toBe(1)
  state.now = 60_000
  await members.authorize(right)
  expect(state.checks).toBe(2)
  for (let time = 0; time < 2; time++) {
    await expect(members.authorize(header('alice:wrong'))).rejects.toThrow('Login incorrect.')
  }
  expect(state.checks).toBe(4)
})

test('forgets an account whose password changes, and no other', async () => {
  const { state, members, passwordSet } = await setUp(alice)
  await members.authorize(header('alice:right'))
  await members.authorize(header('bob:right'))
  await passwordSet('alice')
  await members.authorize(header('bob:right'))
  expect(state.checks).toBe(2)
  await members.authorize(header('alice:right'))
  expect(state.checks).toBe(3)
})

test('does not remember what was checked while the password changed', async () => {
  let finish = () => {}
  const { state, members, passwordSet } = await setUp(async (name, password) => {
    await new Promise<void>((resolve) => (finish = resolve))
    return await alice(name, password)
  })
  const first = members.authorize(header('alice:right'))
  await passwordSet('alice')
  finish()
  await first
  const second = members.authorize(header('alice:right'))
  finish()
  await second
  expect(state.checks).toBe(2)
})

test('many requests at once are one check; many passwords at once are refused', async () => {
  const { state, members } = await setUp(alice)
  await Promise.all(Array.from({ length: 100 }, () => members.authorize(header('alice:right'))))
  expect(state.checks).toBe(1)
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => members.authorize(header(`alice:${index}`))),
  )
  const codes = outcomes.map((each) => each.status === 'rejected' && each.reason.code)
  expect(codes.filter((code) => code === 'too-many-logins').length).toBe(36)
  expect(state.checks).toBe(65)
})

const HEADERS: readonly (readonly [string, unknown])[] = [
  [header('alice:a:b'), { name: 'alice', password: 'a:b' }],
  [header('álice:pässword'), { name: 'álice', password: 'pässword' }],
  [header('alice:').replace('Basic', 'bAsIc '), { name: 'alice', password: '' }],
  [header('alice'), undefined],
  ['', undefined],
  ['Basic', undefined],
  ['Basic !!!', undefined],
  ['Bearer abc', undefined],
  [`Basic ${'A'.repeat(3_000)}`, undefined],
]

test.each(HEADERS)('reads the header %j', (text, credentials) => {
  expect(decodeBasic(text)).toEqual(credentials)
})
