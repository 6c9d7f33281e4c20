import { expect, test } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { createVerifiedMembers, decodeBasic } from '#gateways/members/verified-members.ts'
import type { Login, Member, Origin } from '#gateways/kernel/login.ts'
import type { Sessions } from '#gateways/members/sessions.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'
import { memberNamed } from '#test/member.ts'

const ORIGIN: Origin = { gateway: 'http', address: '192.0.2.1' }

const header = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

async function setUp(verify: (name: string, password: string) => Promise<Member>) {
  const state = { now: 0, checks: 0 }
  const bus = createInProcessBus((cause) => {
    throw cause
  })
  const clock = { now: () => state.now, after: () => () => {} }
  const login: Login = {
    async verify({ name, secret }) {
      state.checks++
      return await verify(name, secret)
    },
    scram: () => Promise.reject(new Error('nobody speaks SCRAM here')),
  }
  const sessions = {
    async member(token: string) {
      state.checks++
      if (token !== 'access') throw new Refusal('token-tampered', 'No.')
      const member = memberNamed('alice', { method: 'session:s' })
      return { member, claims: { exp: 90 } }
    },
  } as unknown as Sessions
  const tokens = { forget: () => {} }
  const verified = createVerifiedMembers({ login, sessions, tokens, bus, clock })
  const members = {
    ...verified,
    authorize: (text: string, origin: Origin = ORIGIN) => verified.authorize(text, origin),
  }
  await members.start()
  const passwordSet = (account: string) =>
    bus.publish([{ stream: `account-${account}`, type: 'account.password-set' } as Fact])
  return { state, members, passwordSet }
}

async function alice(name: string, password: string): Promise<Member> {
  if (password !== 'right') throw new Refusal('login-incorrect', 'Login incorrect.')
  return memberNamed(name)
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
  expect(codes.filter((code) => code === 'login-queue-full').length).toBe(36)
  expect(state.checks).toBe(65)
})

test('who guesses passwords does not keep out who has an access token', async () => {
  const { members } = await setUp(alice)
  const guesses = Array.from({ length: 100 }, (_, index) =>
    members.authorize(header(`alice:${index}`)),
  )
  const outcomes = Promise.allSettled(guesses)
  expect((await members.authorize('Bearer access')).id).toBe('alice')
  await outcomes
})

test('an access token costs one check until a fact about its member, and no longer than it lasts', async () => {
  const { state, members, passwordSet } = await setUp(alice)
  const access = () => members.authorize('Bearer access')
  expect((await access()).method).toBe('session:s')
  await access()
  expect(state.checks).toBe(1)
  await passwordSet('alice')
  await access()
  expect(state.checks).toBe(2)
  state.now = 60_000
  await access()
  // Kept for a minute, but not beyond the 90 s at which it expires.
  state.now = 90_000
  await access()
  expect(state.checks).toBe(4)
  await expect(members.authorize('Bearer other')).rejects.toThrow('No.')
})

test('who comes from elsewhere is checked again: masks and locks go by the address', async () => {
  const { state, members } = await setUp(alice)
  await members.authorize(header('alice:right'))
  await members.authorize(header('alice:right'), { ...ORIGIN, address: '192.0.2.2' })
  expect(state.checks).toBe(2)
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
