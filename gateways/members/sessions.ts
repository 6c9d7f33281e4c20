import { randomBytes } from 'node:crypto'

import { type AccountContext, accountId } from '#actors/account/account.commands.ts'
import type { ActorHost, ActorState, CommandContext } from '#actors/kernel/host.ts'
import {
  PRESENCE_REFUSALS,
  type PresenceCommand,
  type PresenceContext,
} from '#actors/presence/presence.commands.ts'
import type { Clock, Ids } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'
import { memberSubject, type Seals } from '#events/seals.ts'
import type { AccessClaims, AccessTokens } from '#events/tokens.ts'
import { TOKEN_LIMITS } from '#events/tokens.ts'

import type { Member, Origin } from '#gateways/kernel/login.ts'
import { hashOf, isSame } from '#gateways/members/api-tokens.ts'
import { memberOf } from '#gateways/members/member-of.ts'
import { remoteOf } from '#gateways/members/network.ts'
import { SERVER } from '#gateways/members/server-subject.ts'
import type { Standing } from '#gateways/members/standing.ts'

export const SESSION_REFUSALS = {
  /** Malformed, of no session, or of one that has ended. */
  refreshTokenInvalid: 'refresh-token-invalid',
  /** It was used before: the whole session has ended by that. */
  refreshTokenReused: 'refresh-token-reused',
} as const

/** What a member gets who has logged in over HTTP. */
export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds: number
  readonly session: string
  readonly member: Member
}

export interface SessionsDeps {
  readonly host: ActorHost
  readonly tokens: AccessTokens
  readonly seals: Seals
  readonly standing: Standing
  readonly clock: Clock
  readonly ids: Ids
  /** How long a session lasts that nobody refreshes. */
  readonly refreshMs: number
}

/** `vr_<account>.<session>.<256 random bits>.<tag>`: opaque to who holds it. */
const REFRESH_TOKEN = /^(vr_([a-z0-9][a-z0-9_-]{0,23})\.([0-9a-f-]{36})\.([\w-]{43}))\.([\w-]{22})$/

/**
 * Sessions over HTTP: an access token for 15 minutes and a refresh token that is good once. What
 * is current is known by the member's presence actor, which takes one refresh after the other.
 */
export function createSessions(deps: SessionsDeps) {
  const { host, tokens, seals, standing, clock, ids, refreshMs } = deps

  const send = (account: string, command: PresenceCommand, context: CommandContext) =>
    host.send({ kind: 'presence', id: account }, command, context)
  const own = (account: string): CommandContext => ({
    by: account,
    connection: null,
    commandId: ids.next(),
  })
  const accountOf = (id: string) => host.state<AccountContext>({ kind: 'account', id })

  async function pair(member: Member, session: string, secret: string): Promise<TokenPair> {
    const { id, name, role, credential, hasSecondFactor, scopes } = member
    const accessToken = await tokens.sign({
      sub: id,
      name,
      role,
      sid: session,
      cred: credential,
      mfa: hasSecondFactor,
      ...(scopes && { scopes }),
    })
    const text = `vr_${id}.${session}.${secret}`
    const refreshToken = `${text}.${await seals.tag(SERVER, text)}`
    const expiresInSeconds = TOKEN_LIMITS.lifeMs / 1_000
    return { accessToken, refreshToken, expiresInSeconds, session, member }
  }

  /**
   * What a refresh token says. The tag shows that it was given out here: ids of sessions are
   * known to others, and one that somebody made up with it must not count as stolen.
   */
  async function read(refreshToken: string) {
    const [, text, account, session, secret, tag] = REFRESH_TOKEN.exec(refreshToken) ?? []
    if (!text || !account || !session || !secret || !tag) throw invalid()
    if (!isSame(tag, await seals.tag(SERVER, text))) throw invalid()
    return { account, session, secret }
  }

  /** Ends a session; one that has ended stays so. */
  async function end(
    account: string,
    session: string,
    reason: string,
    context = own(account),
  ): Promise<void> {
    const command = { type: 'presence.end-session', session, reason } as const
    await send(account, command, context).catch((cause: unknown) => {
      const isGone = cause instanceof Refusal && cause.code === PRESENCE_REFUSALS.noSuchSession
      if (!isGone) throw cause
    })
  }

  return {
    async open(member: Member, method: 'password' | 'oidc', origin: Origin): Promise<TokenPair> {
      const session = ids.next()
      const secret = randomBytes(32).toString('base64url')
      const remote = await seals.seal(memberSubject(member.id), 'remote', remoteOf(origin))
      await send(
        member.id,
        {
          type: 'presence.open-session',
          session,
          method,
          mfa: member.hasSecondFactor,
          credential: member.credential,
          token: hashOf(secret),
          remote,
          expiresAt: clock.now() + refreshMs,
        },
        { ...own(member.id), connection: session },
      )
      return await pair(member, session, secret)
    },

    /**
     * New tokens for a refresh token, which is good once: whoever comes with it again ends the
     * session, because one of the two is a thief.
     */
    async refresh(refreshToken: string): Promise<TokenPair> {
      const { account, session, secret } = await read(refreshToken)
      const state = await accountOf(account)
      const next = randomBytes(32).toString('base64url')
      const command: PresenceCommand = {
        type: 'presence.refresh-session',
        session,
        token: hashOf(secret),
        next: hashOf(next),
        credential: state.context.credential,
        expiresAt: clock.now() + refreshMs,
      }
      const context = { ...own(account), connection: session }
      const { facts } = await send(account, command, context).catch((cause: unknown) => {
        const isGone = cause instanceof Refusal && cause.code === PRESENCE_REFUSALS.noSuchSession
        throw isGone ? invalid() : cause
      })
      if (facts.some(({ type }) => type === 'presence.token-reused')) {
        const words = 'That token was used before: the session has been ended. Log in again.'
        throw new Refusal(SESSION_REFUSALS.refreshTokenReused, words)
      }
      if (!facts.some(({ type }) => type === 'presence.session-refreshed')) throw invalid()
      const { mfa } = await sessionOf(host, account, session)
      const member = memberOf(
        state.context,
        { method: `session:${session}`, hasSecondFactor: mfa, scopes: null },
        clock.now(),
      )
      const scopes = await standing.scopesNow(state, member).catch(async (cause: unknown) => {
        await end(account, session, 'no longer allowed')
        throw cause
      })
      return await pair({ ...member, scopes }, session, next)
    },

    end,

    /** Ends the session that a refresh token belongs to, if it is its current one or was. */
    async endOf(refreshToken: string): Promise<void> {
      const { account, session, secret } = await read(refreshToken)
      const { context } = await host.state<PresenceContext>({ kind: 'presence', id: account })
      const current = Object.hasOwn(context.sessions, session) && context.sessions[session]
      if (!current) return
      if (current.token !== hashOf(secret)) throw invalid()
      await end(account, session, 'logout')
    },

    /** The member of an access token, as the account stands now. Rejects with a `Refusal`. */
    async member(accessToken: string): Promise<{ member: Member; claims: AccessClaims }> {
      const claims = await tokens.verify(accessToken)
      const state = await accountOf(claims.sub)
      const member = memberOf(
        state.context,
        {
          method: `session:${claims.sid}`,
          hasSecondFactor: claims.mfa,
          scopes: (claims.scopes as Member['scopes']) ?? null,
        },
        clock.now(),
      )
      return { member: { ...member, scopes: await standing.scopesNow(state, member) }, claims }
    },
  }
}

export type Sessions = ReturnType<typeof createSessions>

async function sessionOf(host: ActorHost, account: string, session: string) {
  const ref = { kind: 'presence', id: accountId(account) }
  const { context }: ActorState<PresenceContext> = await host.state(ref)
  if (!Object.hasOwn(context.sessions, session)) throw invalid()
  return context.sessions[session]!
}

function invalid(): Refusal {
  return new Refusal(SESSION_REFUSALS.refreshTokenInvalid, 'That refresh token is not good.')
}
