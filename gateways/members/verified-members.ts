import { createHmac, randomBytes } from 'node:crypto'

import type { Clock } from '#events/clock.ts'
import type { BusSubscription, EventBus } from '#events/event-bus.ts'
import { refOf } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { type AccessTokens, TOKEN_REFUSALS } from '#events/tokens.ts'
import { type Login, LOGIN_REFUSALS, type Member, type Origin } from '#gateways/kernel/login.ts'
import { accountOfToken } from '#gateways/members/api-tokens.ts'
import type { Sessions } from '#gateways/members/sessions.ts'

/**
 * Who is meant by an `Authorization` header: HTTP Basic, an API token or an access token. It comes
 * with every request, and a password costs tens of milliseconds to check on purpose: what was
 * right is remembered, until a fact about the member comes. A password is kept as a hash
 * under a key of this process alone, a wrong one not at all.
 */
export interface VerifiedMembers {
  start(): Promise<void>
  /** The member of an `Authorization` header. Rejects with a `Refusal`. */
  authorize(header: string, origin: Origin): Promise<Member>
  /**
   * The same for what is not in a header. What is wrong with an access token is not told, but
   * for its time being over: it is as wrong as a wrong password.
   */
  bearer(token: string, origin: Origin): Promise<Member>
  stop(): Promise<void>
}

export const PROOF_REFUSALS = {
  unauthenticated: 'unauthenticated',
  loginQueueFull: 'login-queue-full',
} as const

const KEPT_MS = 60_000
const KEPT_MEMBERS = 10_000
/** Passwords that may be checked at once; a further one is refused: each needs memory and a core. */
const CHECKS_AT_ONCE = 64

export interface VerifiedMembersDeps {
  readonly login: Login
  readonly sessions: Sessions
  readonly tokens: Pick<AccessTokens, 'forget'>
  readonly bus: EventBus
  readonly clock: Clock
}

interface Kept {
  readonly member: Member
  readonly until: number
}

/** What is remembered of the members: their standing, and by what they are in. */
const KINDS = ['account', 'presence', 'signing']
/** Those happen all the time, and change nothing about who may come in. */
const COMING_AND_GOING: ReadonlySet<string> = new Set([
  'presence.entered',
  'presence.left',
  'presence.session-opened',
  'presence.session-refreshed',
])

export function createVerifiedMembers(deps: VerifiedMembersDeps): VerifiedMembers {
  const { login, sessions, tokens, bus, clock } = deps
  const secret = randomBytes(32)
  const verified = new Map<string, Kept>()
  const checks = new Map<string, Promise<Member>>()
  let passwordChecks = 0
  /** Counts the facts about members: what was checked while one came is not remembered. */
  let changes = 0
  let subscription: BusSubscription | undefined

  function forget(account: string | undefined): void {
    changes++
    for (const [key, { member }] of verified) if (member.id === account) verified.delete(key)
    if (account !== undefined) tokens.forget({ sub: account })
  }

  /** What a key that is no longer good has signed may be among them. */
  function forgetAll(): void {
    changes++
    verified.clear()
  }

  function remember(key: string, member: Member, until: number): void {
    const oldest = verified.keys().next().value
    if (verified.size >= KEPT_MEMBERS && oldest !== undefined) verified.delete(oldest)
    verified.set(key, { member, until })
  }

  /** `key` stands for all that the check goes by. */
  async function once(
    key: string,
    check: () => Promise<{ readonly member: Member; readonly until: number }>,
  ): Promise<Member> {
    const known = verified.get(key)
    if (known && known.until > clock.now()) return known.member
    verified.delete(key)
    const running = checks.get(key)
    if (running) return await running
    const changesBefore = changes
    const checking = check()
      .then(({ member, until }) => {
        if (changes === changesBefore) remember(key, member, until)
        return member
      })
      .finally(() => checks.delete(key))
    checks.set(key, checking)
    return await checking
  }

  /** Where it comes from counts too: masks and locks go by the address. */
  function keyOf(name: string, password: string, { address }: Origin): string {
    const shown = JSON.stringify([name, password, address])
    return createHmac('sha256', secret).update(shown).digest('base64')
  }

  const byPassword = (name: string, password: string, origin: Origin) =>
    once(keyOf(name, password, origin), async () => {
      // Who guesses passwords does not keep those out who come with an access token.
      if (passwordChecks >= CHECKS_AT_ONCE) {
        throw new Refusal(PROOF_REFUSALS.loginQueueFull, 'Too many logins at once.')
      }
      passwordChecks++
      try {
        const member = await login.verify({ name, secret: password }, origin)
        return { member, until: clock.now() + KEPT_MS }
      } finally {
        passwordChecks--
      }
    })

  async function bearer(token: string, origin: Origin): Promise<Member> {
    const account = accountOfToken(token)
    if (account !== undefined) return await byPassword(account, token, origin)
    // The hot path of every client: a token that is known costs one look into a map.
    return await once(token, async () => {
      const { member, claims } = await sessions.member(token)
      return { member, until: Math.min(claims.exp * 1_000, clock.now() + KEPT_MS) }
    })
  }

  return {
    async start() {
      subscription = await bus.subscribe({ kinds: KINDS }, ({ stream, type }) => {
        if (type === 'signing.key-retired') forgetAll()
        else if (!COMING_AND_GOING.has(type)) forget(refOf(stream)?.id)
      })
    },
    async authorize(header, origin) {
      const token = BEARER.exec(header)?.[1]
      if (token !== undefined) return await bearer(token, origin)
      const credentials = decodeBasic(header)
      if (!credentials) throw new Refusal(PROOF_REFUSALS.unauthenticated, 'Log in first.')
      return await byPassword(credentials.name, credentials.password, origin)
    },
    bearer: (token, origin) => bearer(token, origin).catch((cause) => Promise.reject(plain(cause))),
    async stop() {
      await subscription?.stop()
      verified.clear()
    },
  }
}

const TELLING: ReadonlySet<string> = new Set(
  Object.values(TOKEN_REFUSALS).filter((code) => code !== TOKEN_REFUSALS.expired),
)

function plain(cause: unknown): unknown {
  if (!(cause instanceof Refusal) || !TELLING.has(cause.code)) return cause
  const refusal = new Refusal(LOGIN_REFUSALS.loginIncorrect, 'The token is not valid.')
  return Object.assign(refusal, { cause })
}

/** RFC 6750 section 2.1. */
const BEARER = /^bearer +([\w.~+/-]{1,8192}=*) *$/i

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
