import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createStory } from '#actors/kernel/actor-story.fixture.ts'
import { presenceActor } from '#actors/presence/presence.actor.ts'
import { PRESENCE_LIMITS, type PresenceCommand } from '#actors/presence/presence.commands.ts'

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const hash = (text: string) => text.padEnd(43, '_')
const DAY_MS = 86_400_000

type Enter = Extract<PresenceCommand, { type: 'presence.enter' }>

function createPresence() {
  const story = createStory(presenceActor)
  return {
    story,
    enter: (connection: string, network = 'n', over: Partial<Enter> = {}) =>
      story.types({
        type: 'presence.enter',
        connection,
        gateway: 'ftp',
        network,
        proof: 'password',
        loginsMax: 2,
        loginsPerAddressMax: 1,
        isExempt: false,
        ...over,
      }),
    open: (n: number, afterMs = DAY_MS) =>
      story.types({
        type: 'presence.open-session',
        session: uuid(n),
        method: 'password',
        mfa: false,
        credential: 'c1',
        token: hash('t0'),
        remote: null,
        expiresAt: story.env.now + afterMs,
      }),
    refresh: (n: number, token: string, next: string, credential = 'c1') =>
      story.types({
        type: 'presence.refresh-session',
        session: uuid(n),
        token: hash(token),
        next: hash(next),
        credential,
        expiresAt: story.env.now + DAY_MS,
      }),
  }
}

describe('connections of a member', () => {
  it('are limited in all and by address, but for the exempt', () => {
    const { story, enter } = createPresence()
    expect(enter('a')).toEqual(['entered'])
    expect(enter('a')).toEqual([])
    expect(enter('b')).toBe('too-many-logins')
    expect(enter('b', 'elsewhere')).toEqual(['entered'])
    expect(enter('c', 'third')).toBe('too-many-logins')
    expect(enter('c', 'n', { isExempt: true })).toEqual(['entered'])
    expect(enter('d', 'n', { loginsMax: null, loginsPerAddressMax: null })).toEqual(['entered'])
    const nobody = { loginsMax: 0, loginsPerAddressMax: null } as const
    expect(createPresence().enter('a', 'n', nobody)).toBe('too-many-logins')
    expect(Object.keys(story.context.connections)).toEqual(['a', 'b', 'c', 'd'])
    expect(story.refusal({ ...lastEnter, loginsMax: 4 })).toMatchObject({
      fields: { limit: 4, of: 'member' },
    })
    expect(story.refusal({ ...lastEnter, loginsPerAddressMax: 3 })).toMatchObject({
      fields: { limit: 3, of: 'address' },
    })
  })

  const lastEnter: Enter = {
    type: 'presence.enter',
    connection: 'z',
    gateway: 'irc',
    network: 'n',
    proof: 'password',
    loginsMax: null,
    loginsPerAddressMax: null,
    isExempt: false,
  }

  it('leave, are dismissed and make room', () => {
    const { story, enter } = createPresence()
    const leave = (connection: string) => story.types({ type: 'presence.leave', connection })
    const dismiss = (connection: string) =>
      story.types({ type: 'presence.dismiss', connection, reason: 'kicked' })
    enter('a')
    expect([leave('a'), leave('a'), leave('constructor')]).toEqual([['left'], [], []])
    expect(enter('b')).toEqual(['entered'])
    expect([dismiss('b'), dismiss('b')]).toEqual([['dismissed'], 'no-such-connection'])
    expect(enter('c')).toEqual(['entered'])
    expect(leave('b')).toEqual([])
  })
})

describe('sessions of a member', () => {
  it('are refreshed with the token of the last time alone', () => {
    const { story, open, refresh } = createPresence()
    expect(open(1)).toEqual(['session-opened'])
    story.env.now += 1_000
    expect(refresh(1, 't0', 't1')).toEqual(['session-refreshed'])
    expect(story.context.sessions[uuid(1)]).toMatchObject({
      token: hash('t1'),
      openedAtMs: story.env.now - 1_000,
      refreshedAtMs: story.env.now,
      expiresAtMs: story.env.now + DAY_MS,
    })
    expect(refresh(1, 't1', 't2')).toEqual(['session-refreshed'])
    expect(refresh(1, 't0', 't3')).toEqual(['token-reused', 'session-ended'])
    expect(refresh(1, 't2', 't3')).toBe('no-such-session')
  })

  it('end with the password by which they were opened, and with their time', () => {
    const { story, open, refresh } = createPresence()
    open(1)
    expect(refresh(1, 't0', 't1', 'c2')).toEqual(['session-ended'])
    open(2)
    story.env.now += DAY_MS
    expect(refresh(2, 't0', 't1')).toEqual(['session-ended'])
    expect(story.facts.at(-1)!.data).toEqual({ session: uuid(2), reason: 'expired' })
  })

  it('expire by the deadline of the first of them', () => {
    const { story, open } = createPresence()
    expect(story.deadline()).toBeUndefined()
    open(1, 300)
    open(2, 100)
    const start = story.env.now
    const command = { type: 'presence.expire' } as const
    expect(story.deadline()).toEqual({ at: start + 100, command })
    expect(story.types(command)).toEqual([])
    story.env.now += 100
    expect(story.tell(command)).toEqual([
      { type: 'presence.session-ended', data: { session: uuid(2), reason: 'expired' } },
    ])
    expect(story.deadline()).toEqual({ at: start + 300, command })
  })

  it('push out the oldest when there are too many', () => {
    const { story, open } = createPresence()
    for (let n = 0; n < PRESENCE_LIMITS.sessions; n++) {
      story.env.now += 1
      open(n)
    }
    expect(open(7)).toEqual([])
    expect(open(900)).toEqual(['session-ended', 'session-opened'])
    expect(story.context.sessions).not.toHaveProperty(uuid(0))
    expect(Object.keys(story.context.sessions)).toHaveLength(PRESENCE_LIMITS.sessions)
  })

  it('end one by one, or all at once with the connections', () => {
    const { story, open, enter } = createPresence()
    const end = { type: 'presence.end-session', session: uuid(1), reason: 'logout' } as const
    open(1)
    expect([story.types(end), story.types(end)]).toEqual([['session-ended'], 'no-such-session'])
    open(2)
    enter('a')
    enter('b', 'elsewhere')
    const all = { type: 'presence.end-all', reason: 'banned' } as const
    expect(story.tell({ ...all, except: 'a' })).toEqual([
      { type: 'presence.session-ended', data: { session: uuid(2), reason: 'banned' } },
      { type: 'presence.dismissed', data: { connection: 'b', reason: 'banned' } },
    ])
    expect(story.types(all)).toEqual(['dismissed'])
    expect(story.types(all)).toEqual([])
  })
})

it('folds the same from its facts, whatever happens', () => {
  const step = fc.record({
    what: fc.constantFrom('enter', 'leave', 'open', 'refresh', 'expire', 'end'),
    n: fc.nat(4),
    token: fc.nat(2),
    pass: fc.nat(90_000_000),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { story, enter, open, refresh } = createPresence()
      for (const { what, n, token, pass } of steps) {
        story.env.now += pass
        if (what === 'enter') enter(`c${n}`, `n${token}`)
        else if (what === 'leave') story.tell({ type: 'presence.leave', connection: `c${n}` })
        else if (what === 'open') open(n)
        else if (what === 'refresh') refresh(n, `t${token}`, `t${token + 1}`)
        else if (what === 'expire') story.tell({ type: 'presence.expire' })
        else story.tell({ type: 'presence.end-all', reason: 'x', except: `c${n}` })
        const here = Object.values(story.context.connections)
        expect(here.length).toBeLessThanOrEqual(2)
        expect(new Set(here.map(({ network }) => network)).size).toBe(here.length)
      }
      const live = structuredClone(story.context)
      expect(story.replayed().context).toEqual(live)
    }),
    { numRuns: 200 },
  )
})

it('sends out with a session, or a token, the connections that came in by it', () => {
  const { story, enter, open } = createPresence()
  const free = { loginsMax: null, loginsPerAddressMax: null }
  open(1)
  enter('a', 'n', { ...free, proof: `session:${uuid(1)}` })
  enter('b', 'n', { ...free, proof: `session:${uuid(2)}` })
  enter('c', 'n', { ...free, proof: 'token:t' })
  expect(story.types({ type: 'presence.end-session', session: uuid(1), reason: 'logout' })).toEqual(
    ['session-ended', 'dismissed'],
  )
  expect(
    story.types({ type: 'presence.dismiss-proof', proof: 'token:t', reason: 'token-revoked' }),
  ).toEqual(['dismissed'])
  expect(Object.keys(story.context.connections)).toEqual(['b'])
  expect(story.types({ type: 'presence.end-all', reason: 'banned' })).toEqual(['dismissed'])
})
