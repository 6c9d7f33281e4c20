import { z } from 'zod'

import {
  type AccountCommand,
  type AccountContext,
  type AccountStanding,
  accountId,
  memberName,
} from '#actors/account/account.commands.ts'
import type { ActorHost, ActorState, CommandContext } from '#actors/kernel/host.ts'
import type { Clock, Ids } from '#events/clock.ts'
import { derivedId } from '#events/ids.ts'
import { Refusal } from '#events/refusal.ts'
import { memberSubject, SealBroken, type Seals } from '#events/seals.ts'
import type { ProvenIdentity, SignInProvider } from '#events/sign-in-provider.ts'

import type { Member, Origin } from '#gateways/kernel/login.ts'
import type { Attempts } from '#gateways/members/attempts.ts'
import { createLinkedIdentities } from '#gateways/members/linked-identities.ts'
import { memberOf } from '#gateways/members/member-of.ts'
import type { SecondFactor } from '#gateways/members/second-factor.ts'
import { SERVER } from '#gateways/members/server-subject.ts'
import type { Sessions, TokenPair } from '#gateways/members/sessions.ts'
import type { Standing } from '#gateways/members/standing.ts'
import { isStillProven, type Proven } from '#gateways/members/still-proven.ts'

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

/** Who links an identity with their account, and where they are. */
export type Linking = Proven & Pick<CommandContext, 'connection' | 'correlationId'>

const STEP_MS = 10 * 60_000

const begunShape = z.object({
  site: z.string(),
  /** Whose account the identity is to be linked with; null: somebody signs in. */
  linking: z
    .object({
      id: z.string(),
      method: z.string(),
      credential: z.string(),
      connection: z.string().nullable(),
      correlationId: z.string().optional(),
    })
    .nullable(),
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
  const identities = createLinkedIdentities(deps)
  const server = (): CommandContext => ({ by: null, connection: null, commandId: ids.next() })
  const own = (account: string): CommandContext => ({ ...server(), by: account })
  const expired = () => new Refusal(SIGN_IN_FLOW_REFUSALS.signInExpired, 'Begin to sign in again.')

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
    throw expired()
  }

  const accountOf = (id: string): Promise<ActorState<AccountContext>> =>
    host.state({ kind: 'account', id })

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
    const holder = await identities.holderOf(identity)
    if (holder !== undefined) return holder
    if (!site.allowsSignUp) {
      const words = 'That identity belongs to no member: link it first, when logged in.'
      throw new Refusal(SIGN_IN_FLOW_REFUSALS.identityNotLinked, words)
    }
    const account = await signUp(site, who)
    await identities.link(identity, provider, account, { by: account, connection: null })
    return account
  }

  /** `credential`: the account's when the identity was proven. */
  async function open(
    account: string,
    credential: string,
    hasSecondFactor: boolean,
    origin: Origin,
  ) {
    const state = await accountOf(account)
    if (state.context.credential !== credential) throw expired()
    const proof = { method: 'oidc', hasSecondFactor, scopes: null } as const
    const member: Member = memberOf(state.context, proof, clock.now())
    const scopes = await standing.scopesAtLogin(state, member, origin)
    return await sessions.open({ ...member, scopes }, 'oidc', origin)
  }

  return {
    providers: [...sites.keys()],

    /**
     * Where to send the browser, and what it has to bring back. `linking`: who wants to be known by
     * the other site too, and the context in which they ask.
     */
    async begin(name: string, redirectUri: string, linking: Linking | null) {
      const { url, state: record } = await siteOf(name).provider.begin({ redirectUri })
      return { url, cookie: await keep('sign-in', { site: name, linking, record }) }
    },

    async finish(
      name: string,
      callbackUrl: string,
      cookie: string,
      origin: Origin,
    ): Promise<SignInOutcome> {
      const { site, linking, record } = await kept('sign-in', begunShape, cookie)
      if (site !== name) throw expired()
      const who = await siteOf(name).provider.finish(callbackUrl, record)
      const identity = await seals.tag(SERVER, JSON.stringify([who.issuer, who.subject]))
      if (linking !== null) {
        const { id: account, connection, correlationId } = linking
        // What began it may have been a thief's, and the member has ended it since.
        if (!(await isStillProven(host, linking))) throw expired()
        const from = { by: account, connection, ...(correlationId && { correlationId }) }
        await identities.link(identity, name, account, from)
        return { kind: 'linked', account }
      }
      const owner = await ownerOf(identity, name, siteOf(name), who)
      const { context } = await accountOf(owner)
      const { credential } = context
      if (context.mfa.secret === null) {
        return { kind: 'in', tokens: await open(owner, credential, false, origin) }
      }
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
      return await open(account, credential, true, origin)
    },

    /** The identity can be linked again, with any account. */
    async unlink(account: string, identity: string, context: CommandContext): Promise<void> {
      await identities.unlink(identity, account, context)
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
