import { createHmac, randomBytes } from 'node:crypto'

import type { BusSubscription, EventBus } from '#events/event-bus.ts'
import type { Clock } from '#events/clock.ts'
import { refOf } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import type { Login, Member } from '#gateways/kernel/login.ts'

import { HTTP_REFUSALS } from '#gateways/http/problem.ts'

/**
 * HTTP Basic comes with every request, and a password costs tens of milliseconds to check on
 * purpose: what was right is remembered for a minute. A password is kept as a hash under a
 * key of this process alone, a wrong one not at all.
 */
export interface VerifiedMembers {
  start(): Promise<void>
  /** The member of an `Authorization` header. Rejects with a `Refusal`. */
  authorize(header: string): Promise<Member>
  stop(): Promise<void>
}

const KEPT_MS = 60_000
const KEPT_MEMBERS = 10_000
/** Checks that may run at once; a further one is refused, for each needs memory and a core. */
const CHECKS_AT_ONCE = 64

export interface VerifiedMembersDeps {
  readonly login: Login
  readonly bus: EventBus
  readonly clock: Clock
}

export function createVerifiedMembers({ login, bus, clock }: VerifiedMembersDeps): VerifiedMembers {
  const secret = randomBytes(32)
  const verified = new Map<string, { readonly member: Member; readonly until: number }>()
  const checks = new Map<string, Promise<Member>>()
  /** Counts the facts of accounts: what was checked while one came is not remembered. */
  let changes = 0
  let subscription: BusSubscription | undefined

  function forget(account: string | undefined): void {
    changes++
    for (const [key, { member }] of verified) if (member.id === account) verified.delete(key)
  }

  async function check(key: string, name: string, password: string): Promise<Member> {
    const changesBefore = changes
    const member = await login.verify(name, password)
    if (changes === changesBefore) remember(key, member)
    return member
  }

  function remember(key: string, member: Member): void {
    const oldest = verified.keys().next().value
    if (verified.size >= KEPT_MEMBERS && oldest !== undefined) verified.delete(oldest)
    verified.set(key, { member, until: clock.now() + KEPT_MS })
  }

  async function verify(name: string, password: string): Promise<Member> {
    const key = createHmac('sha256', secret)
      .update(JSON.stringify([name, password]))
      .digest('base64')
    const known = verified.get(key)
    if (known && known.until > clock.now()) return known.member
    verified.delete(key)
    const running = checks.get(key)
    if (running) return await running
    if (checks.size >= CHECKS_AT_ONCE) {
      throw new Refusal(HTTP_REFUSALS.tooManyLogins, 'Too many logins at once.')
    }
    const checking = check(key, name, password).finally(() => checks.delete(key))
    checks.set(key, checking)
    return await checking
  }

  return {
    async start() {
      subscription = await bus.subscribe({ kinds: ['account'] }, ({ stream }) =>
        forget(refOf(stream)?.id),
      )
    },
    async authorize(header) {
      const credentials = decodeBasic(header)
      if (!credentials) {
        throw new Refusal(HTTP_REFUSALS.unauthenticated, 'Log in with HTTP Basic.')
      }
      return await verify(credentials.name, credentials.password)
    },
    async stop() {
      await subscription?.stop()
      verified.clear()
    },
  }
}

/** RFC 7617: the scheme, then name and password as base64; the name has no colon. */
export function decodeBasic(
  header: string,
): { readonly name: string; readonly password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]{1,2048}) *$/i.exec(header)?.[1]
  if (encoded === undefined) return undefined
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 0) return undefined
  return { name: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}
