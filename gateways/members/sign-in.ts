import { z } from 'zod'

import {
  type AccountCommand,
  type AccountContext,
  type AccountStanding,
  accountId,
  memberName,
} from '#actors/account/account.commands.ts'
import type { IdentityCommand, IdentityContext } from '#actors/identity/identity.commands.ts'
import type { ActorHost, ActorState, CommandContext } from '#actors/kernel/host.ts'
import type { Clock, Ids } from '#events/clock.ts'
import { derivedId } from '#events/ids.ts'
import { Refusal } from '#events/refusal.ts'
import { memberSubject, SealBroken, type Seals } from '#events/seals.ts'
import type { ProvenIdentity, SignInProvider } from '#events/sign-in-provider.ts'

import type { Member, Origin } from '#gateways/kernel/login.ts'
import type { Attempts } from '#gateways/members/attempts.ts'
import { memberOf } from '#gateways/members/member-of.ts'
import type { SecondFactor } from '#gateways/members/second-factor.ts'
import { SERVER } from '#gateways/members/server-subject.ts'
import type { Sessions, TokenPair } from '#gateways/members/sessions.ts'
import type { Standing } from '#gateways/members/standing.ts'

/** Another site where members can prove who they are. */
export interface SignInSite {
  readonly provider: SignInProvider
  /** Whether somebody whom nobody knows gets an account. */
  readonly allowsSignUp: boolean
  /** The group of such an account. */
  readonly group: string
}

export interface SignInDeps {
  readonly host: ActorHost
  readonly seals: Seals
  readonly sessions: Sessions
  readonly standing: Standing
  readonly attempts: Attempts
  readonly secondFactor: SecondFactor
  readonly clock: Clock
  readonly ids: Ids
  readonly sites: ReadonlyMap<string, SignInSite>
}

export const SIGN_IN_FLOW_REFUSALS = {
  noSuchProvider: 'no-such-provider',
  /** The identity belongs to nobody here, and the site takes nobody new by it. */
  identityNotLinked: 'identity-not-linked',
  /** What the browser brought back was not begun here, or too long ago. */
  signInExpired: 'sign-in-expired',
  nameTaken: 'no-free-name',
} as const

/** What came of it. */
export type SignInOutcome =
  | { readonly kind: 'in'; readonly tokens: TokenPair }
  /** A code of the second factor is needed: it comes with this, within a few minutes. */
  | { readonly kind: 'code'; readonly pending: string }
  | { readonly kind: 'linked'; readonly account: string }

const STEP_MS = 10 * 60_000

const begunShape = z.object({
  site: z.string(),
  /** The account that the identity is to be linked with; null: somebody signs in. */
  account: z.string().nullable(),
  record: z.object({
    state: z.string(),
    nonce: z.string(),
    codeVerifier: z.string(),
    redirectUri: z.string(),
  }),
  until: z.number(),
})
const pendingShape = z.object({ account: z.string(), credential: z.string(), until: z.number() })

/**
 * Sign-in by another site. What must be kept until the browser comes back is in its cookie, sealed
 * with the server's key: any process of a cluster can go on with it, and nobody else can read it.
 */
export function createSignIn(deps: SignInDeps) {
  const { host, seals, sessions, standing, attempts, secondFactor, clock, ids, sites } = deps
  const server = (): CommandContext => ({ by: null, connection: null, commandId: ids.next() })
  const own = (account: string): CommandContext => ({ ...server(), by: account })

  function siteOf(name: string): SignInSite {
    const site = sites.get(name)
    if (site) return site
    throw new Refusal(SIGN_IN_FLOW_REFUSALS.noSuchProvider, 'Nobody signs in by that here.')
  }

  const keep = (field: string, value: object) =>
    seals.seal(SERVER, field, JSON.stringify({ ...value, until: clock.now() + STEP_MS }))

  async function kept<S extends z.ZodType<{ until: number }>>(
    field: string,
    shape: S,
    sealed: string,
  ): Promise<z.output<S>> {
    try {
      const text = await seals.unseal(SERVER, field, sealed)
      const value = text === undefined ? undefined : shape.parse(JSON.parse(text))
      if (value && value.until > clock.now()) return value
    } catch (cause) {
      if (!(cause instanceof SealBroken)) throw cause
    }
    throw new Refusal(SIGN_IN_FLOW_REFUSALS.signInExpired, 'Begin to sign in again.')
  }

  const accountOf = (id: string): Promise<ActorState<AccountContext>> =>
    host.state({ kind: 'account', id })

  /** First the claim, which only one account can have; the account's part can be said again. */
  async function link(identity: string, provider: string, account: string) {
    const claim: IdentityCommand = { type: 'identity.claim', provider, account }
    await host.send({ kind: 'identity', id: identity }, claim, own(account))
    const command: AccountCommand = { type: 'account.link-identity', provider, identity }
    await host.send({ kind: 'account', id: account }, command, own(account))
  }

  /** An account for whom nobody knows, without a password: one can be set later. */
  async function signUp(site: SignInSite, who: ProvenIdentity): Promise<string> {
    for (const name of namesFor(who)) {
      const id = accountId(name)
      const state = await accountOf(id)
      if ((state.value as AccountStanding) !== 'absent') continue
      const commandId = ids.next()
      const create: AccountCommand = {
        type: 'account.create',
        name,
        group: site.group,
        flags: '3',
        credential: derivedId(commandId, 'credential'),
      }
      await host.send({ kind: 'account', id }, create, { ...server(), commandId })
      if (who.email !== undefined && who.emailVerified === true) {
        const sealed = await seals.seal(memberSubject(id), 'email', who.email)
        const command: AccountCommand = { type: 'account.set-personal', field: 'email', sealed }
        await host.send({ kind: 'account', id }, command, server())
      }
      return id
    }
    throw new Refusal(SIGN_IN_FLOW_REFUSALS.nameTaken, 'No name is free for you: ask the siteops.')
  }

  /** Whose identity it is. */
  async function ownerOf(
    identity: string,
    provider: string,
    site: SignInSite,
    who: ProvenIdentity,
  ) {
    const { context } = await host.state<IdentityContext>({ kind: 'identity', id: identity })
    if (context.account !== '') return context.account
    if (!site.allowsSignUp) {
      const words = 'That identity belongs to no member: link it first, when logged in.'
      throw new Refusal(SIGN_IN_FLOW_REFUSALS.identityNotLinked, words)
    }
    const account = await signUp(site, who)
    await link(identity, provider, account)
    return account
  }

  async function open(account: string, hasSecondFactor: boolean, origin: Origin) {
    const state = await accountOf(account)
    const proof = { method: 'oidc', hasSecondFactor, scopes: null } as const
    const member: Member = memberOf(state.context, proof, clock.now())
    const scopes = await standing.scopesAtLogin(state, member, origin)
    return await sessions.open({ ...member, scopes }, 'oidc', origin)
  }

  return {
    providers: [...sites.keys()],

    /** Where to send the browser, and what it has to bring back. */
    async begin(name: string, redirectUri: string, account: string | null) {
      const { url, state: record } = await siteOf(name).provider.begin({ redirectUri })
      return { url, cookie: await keep('sign-in', { site: name, account, record }) }
    },

    async finish(
      name: string,
      callbackUrl: string,
      cookie: string,
      origin: Origin,
    ): Promise<SignInOutcome> {
      const { site, account, record } = await kept('sign-in', begunShape, cookie)
      if (site !== name) {
        throw new Refusal(SIGN_IN_FLOW_REFUSALS.signInExpired, 'Begin to sign in again.')
      }
      const who = await siteOf(name).provider.finish(callbackUrl, record)
      const identity = await seals.tag(SERVER, JSON.stringify([who.issuer, who.subject]))
      if (account !== null) {
        await link(identity, name, account)
        return { kind: 'linked', account }
      }
      const owner = await ownerOf(identity, name, siteOf(name), who)
      const { context } = await accountOf(owner)
      if (context.mfa.secret === null)
        return { kind: 'in', tokens: await open(owner, false, origin) }
      const { credential } = context
      return { kind: 'code', pending: await keep('pending', { account: owner, credential }) }
    },

    /** The code of the second factor, after `finish` has asked for it. */
    async complete(pending: string, code: string, origin: Origin): Promise<TokenPair> {
      const { account, credential } = await kept('pending', pendingShape, pending)
      await attempts.guard(account, true, origin, async () => {
        const { context } = await accountOf(account)
        const isSame = context.credential === credential
        return isSame && (await secondFactor.check(context, code, own(account))) ? true : undefined
      })
      return await open(account, true, origin)
    },

    /** The identity can be linked again, with any account. */
    async unlink(account: string, identity: string, context: CommandContext): Promise<void> {
      const command: AccountCommand = { type: 'account.unlink-identity', identity }
      await host.send({ kind: 'account', id: account }, command, context)
      const release: IdentityCommand = { type: 'identity.release', account }
      await host.send({ kind: 'identity', id: identity }, release, own(account))
    },
  }
}

export type SignIn = ReturnType<typeof createSignIn>

const NAMES_TRIED = 20

/** Names as like the person's own as can be. */
function* namesFor({ name, email }: ProvenIdentity): Generator<string> {
  const wished = [name, email?.split('@')[0]].flatMap((text) => {
    const cleaned = (text ?? '').normalize('NFKD').replaceAll(/[^A-Za-z0-9_-]+/g, '')
    const fitting = cleaned.replace(/^[_-]+/, '').slice(0, 20)
    return memberName.safeParse(fitting).success ? [fitting] : []
  })
  const bases = wished.length > 0 ? wished : ['member']
  yield* bases
  for (let number = 2; number < NAMES_TRIED; number++) yield `${bases[0]}${number}`
}
