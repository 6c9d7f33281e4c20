import {
  type AccountContext,
  type AccountStanding,
  accountId,
  memberName,
  type TokenScope,
} from '#actors/account/account.commands.ts'
import type { ActorHost, ActorState, CommandContext } from '#actors/kernel/host.ts'
import type { Clock, Ids } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'
import type { Seals } from '#events/seals.ts'
import type { Passwords, ScramKeys, Vault } from '#events/vault.ts'

import {
  credentialKey,
  type Login,
  LOGIN_REFUSALS,
  type Member,
  type Origin,
  type Proof,
  scramKey,
} from '#gateways/kernel/login.ts'
import { type ApiTokens, isApiToken } from '#gateways/members/api-tokens.ts'
import type { Attempts } from '#gateways/members/attempts.ts'
import type { LoginMetrics } from '#gateways/members/login-metrics.ts'
import { memberOf } from '#gateways/members/member-of.ts'
import { decoyKeys, isScramProof, serverSignatureOf } from '#gateways/members/scram.ts'
import type { SecondFactor } from '#gateways/members/second-factor.ts'
import { SERVER } from '#gateways/members/server-subject.ts'
import type { Standing } from '#gateways/members/standing.ts'
import { isStillProven } from '#gateways/members/still-proven.ts'

export interface LoginDeps {
  readonly host: ActorHost
  readonly vault: Vault
  readonly seals: Seals
  readonly passwords: Passwords
  readonly attempts: Attempts
  readonly apiTokens: ApiTokens
  readonly secondFactor: SecondFactor
  readonly standing: Standing
  readonly metrics: LoginMetrics
  readonly scramIterations: number
  readonly clock: Clock
  readonly ids: Ids
}

/** Longer passwords are refused unhashed: hashing is what costs. */
const PASSWORD_CHARACTERS = 256

type AccountState = ActorState<AccountContext>
/** By what somebody has just proved who they are. */
interface Shown extends Pick<Member, 'method' | 'scopes' | 'hasSecondFactor'> {
  /** Of the password that was shown; null for a token. */
  readonly credential: string | null
}

/** The one way in, for every gateway. */
export function createLogin(deps: LoginDeps): Login {
  const { host, vault, seals, passwords, attempts, apiTokens, secondFactor, standing } = deps
  // Verified for unknown names, so that they take as long as a wrong password.
  let decoy: Promise<string> | undefined
  // Unknown names have a salt of their own each, which stays the same in every process for ever,
  // as that of a member does.
  const decoySecret = async () => Buffer.from(await seals.tag(SERVER, 'scram'))

  async function decoyHash(): Promise<string> {
    decoy ??= passwords.hash('no member has this password').catch((cause: unknown) => {
      decoy = undefined
      throw cause
    })
    return await decoy
  }

  async function find(name: string): Promise<AccountState | undefined> {
    const state: AccountState = await host.state({ kind: 'account', id: accountId(name) })
    const where = state.value as AccountStanding
    return where === 'absent' || where === 'purged' ? undefined : state
  }

  async function byPassword(
    account: AccountState | undefined,
    password: string,
  ): Promise<Shown | undefined> {
    const credential = account?.context.credential ?? ''
    const hash = account && (await vault.get(credentialKey(credential)))
    const expected = hash ?? (await decoyHash())
    const matches =
      password.length <= PASSWORD_CHARACTERS && (await passwords.verify(expected, password))
    if (!account || hash === undefined || !matches) return undefined
    await renewSecrets(credential, hash, password)
    return { method: 'password', scopes: null, hasSecondFactor: false, credential }
  }

  /** Makes anew what today's settings would make otherwise. The same password: no fact. */
  async function renewSecrets(credential: string, hash: string, password: string): Promise<void> {
    if (passwords.needsRehash(hash)) {
      await vault.put(credentialKey(credential), await passwords.hash(password))
    }
    const kept = await vault.get(scramKey(credential))
    const iterations = kept && (JSON.parse(kept) as ScramKeys).iterations
    // Keys of other iterations than unknown names are challenged with tell who is a member.
    if (iterations === deps.scramIterations) return
    const keys = await scramKeysOf(passwords, password)
    if (keys !== undefined) await vault.put(scramKey(credential), keys)
  }

  async function byToken(
    account: AccountState | undefined,
    secret: string,
  ): Promise<Shown | undefined> {
    const token = account && (await apiTokens.check(account.context, secret))
    if (!token) return undefined
    const scopes: readonly TokenScope[] = token.scopes
    return { method: `token:${token.id}`, scopes, hasSecondFactor: false, credential: null }
  }

  /** A token was made by who had the second factor then: it stands for both. */
  async function withCode(
    { context }: AccountState,
    shown: Shown,
    code: string | undefined,
  ): Promise<Shown | undefined> {
    if (shown.method.startsWith('token:') || context.mfa.secret === null) return shown
    if (code === undefined || code === '') {
      throw new Refusal(LOGIN_REFUSALS.mfaRequired, 'A code of your second factor is needed.')
    }
    const id = accountId(context.name)
    const own: CommandContext = { by: id, connection: null, commandId: deps.ids.next() }
    const isRight = await secondFactor.check(context, code, own)
    return isRight ? { ...shown, hasSecondFactor: true } : undefined
  }

  /** Whom a name means; a name that nobody can have is not even counted. */
  async function named(name: string) {
    const id = memberName.safeParse(name).success ? accountId(name) : undefined
    return { id, account: id === undefined ? undefined : await find(name) }
  }

  async function prove({ name, secret, code }: Proof, origin: Origin): Promise<Member> {
    const { id, account } = await named(name)
    const check = async () => {
      const shown = isApiToken(secret)
        ? await byToken(account, secret)
        : await byPassword(account, secret)
      return account && shown && (await withCode(account, shown, code))
    }
    // A token that is used all day must not make room for guesses at the password.
    const clears = ({ credential }: Shown) => credential !== null
    const found = await attempts.guard(id, account !== undefined, origin, check, clears)
    return await admit(id!, found, origin)
  }

  /**
   * By the account as it is now: a code of the second factor has changed it. A password that was
   * replaced while it was checked, or since SCRAM's challenge, is not the member's any more.
   */
  async function admit(id: string, shown: Shown, origin: Origin): Promise<Member> {
    const state: AccountState = await host.state({ kind: 'account', id })
    const { credential, ...proof } = shown
    const member = memberOf(state.context, proof, deps.clock.now())
    const proven = { ...member, credential: credential ?? member.credential }
    if (!(await isStillProven(host, proven))) {
      throw new Refusal(LOGIN_REFUSALS.loginIncorrect, 'Login incorrect.')
    }
    return { ...member, scopes: await standing.scopesAtLogin(state, member, origin) }
  }

  async function counted<T>(origin: Origin, entering: Promise<T>): Promise<T> {
    try {
      const entered = await entering
      deps.metrics.ended(origin.gateway, 'success')
      return entered
    } catch (cause) {
      deps.metrics.ended(origin.gateway, cause instanceof Refusal ? cause.code : 'fault')
      throw cause
    }
  }

  return {
    verify: (proof, origin) => counted(origin, prove(proof, origin)),

    async scram(name) {
      const { id, account } = await named(name)
      // What the challenge is about: the account's state goes on while the client answers.
      const credential = account?.context.credential ?? ''
      const kept = account && (await vault.get(scramKey(credential)))
      const keys =
        kept === undefined
          ? decoyKeys(await decoySecret(), name, deps.scramIterations)
          : (JSON.parse(kept) as ScramKeys)
      const prove = async (authMessage: string, proof: string, origin: Origin) => {
        const shown = await attempts.guard(id, account !== undefined, origin, async () => {
          const isRight = kept !== undefined && isScramProof(keys, authMessage, proof)
          if (!account || !isRight) return undefined
          const first = { method: 'scram', scopes: null, hasSecondFactor: false, credential }
          return await withCode(account, first, undefined)
        })
        const member = await admit(id!, shown, origin)
        return { member, serverSignature: serverSignatureOf(keys, authMessage) }
      }
      const { salt, iterations } = keys
      return {
        salt,
        iterations,
        finish: (message, proof, origin) => counted(origin, prove(message, proof, origin)),
      }
    },
  }
}

/** SCRAM takes fewer passwords than we do: who has such a one uses another way in on IRC. */
export async function scramKeysOf(
  passwords: Passwords,
  password: string,
): Promise<string | undefined> {
  try {
    return JSON.stringify(await passwords.scramKeys(password))
  } catch (cause) {
    if (cause instanceof Refusal) return undefined
    throw cause
  }
}
