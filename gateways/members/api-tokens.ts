import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

import type {
  AccountCommand,
  AccountContext,
  TokenScope,
} from '#actors/account/account.commands.ts'
import type { ActorHost, CommandContext } from '#actors/kernel/host.ts'
import type { Clock, Ids } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'
import type { Vault } from '#events/vault.ts'

/** `veza_<account>.<token's id>.<256 random bits>`: scanners for leaked secrets find it. */
const TOKEN = /^veza_([a-z0-9][a-z0-9_-]{0,23})\.([0-9a-f-]{36})\.([\w-]{43})$/

export interface ApiTokensDeps {
  readonly host: ActorHost
  readonly vault: Vault
  readonly clock: Clock
  readonly ids: Ids
}

export interface NewApiToken {
  readonly label: string
  readonly scopes: readonly TokenScope[]
  readonly expiresAt: number | null
}

export const API_TOKEN_REFUSALS = {
  /** The same command again, by which another token was made. */
  alreadyCreated: 'already-created',
} as const

/** Whether a secret has the form of an API token. */
export function isApiToken(secret: string): boolean {
  return secret.startsWith('veza_') && TOKEN.test(secret)
}

/** The account that a token says it belongs to. */
export function accountOfToken(secret: string): string | undefined {
  return TOKEN.exec(secret)?.[1]
}

/** Personal API tokens: shown once, kept as hashes, limited to scopes. */
export function createApiTokens({ host, vault, clock, ids }: ApiTokensDeps) {
  return {
    /** Answers the token's text, which nobody can ask for again, and its id. */
    async create(account: string, token: NewApiToken, context: CommandContext) {
      const id = ids.next()
      const secret = randomBytes(32).toString('base64url')
      const { label, scopes, expiresAt } = token
      const command: AccountCommand = {
        type: 'account.create-token',
        token: id,
        label,
        scopes: [...scopes],
        expiresAt,
      }
      // First the hash: a crash in between leaves a secret that nothing refers to.
      await vault.put(tokenKey(id), hashOf(secret))
      try {
        const { facts } = await host.send({ kind: 'account', id: account }, command, context)
        if (!facts.some(({ data }) => (data as { readonly token?: string }).token === id)) {
          const words = 'That request has made a token already, which was shown then.'
          throw new Refusal(API_TOKEN_REFUSALS.alreadyCreated, words)
        }
      } catch (cause) {
        await vault.forget(tokenKey(id))
        throw cause
      }
      return { id, text: `veza_${account}.${id}.${secret}` }
    },

    async revoke(account: string, id: string, reason: string, context: CommandContext) {
      const command: AccountCommand = { type: 'account.revoke-token', token: id, reason }
      await host.send({ kind: 'account', id: account }, command, context)
      await vault.forget(tokenKey(id))
    },

    /** The token's id and scopes when it is good for that account now. */
    async check(account: AccountContext, secret: string) {
      const [, , id, random] = TOKEN.exec(secret) ?? []
      if (id === undefined || random === undefined || !Object.hasOwn(account.tokens, id)) return
      const { scopes, expiresAtMs } = account.tokens[id]!
      if (expiresAtMs !== null && expiresAtMs <= clock.now()) return
      const hash = await vault.get(tokenKey(id))
      if (hash === undefined || !isSame(hash, hashOf(random))) return
      return { id, scopes: scopes as TokenScope[] }
    },
  }
}

export type ApiTokens = ReturnType<typeof createApiTokens>

/** Where the vault keeps a token's hash. */
export function tokenKey(id: string): string {
  return `token:${id}`
}

/** Of 256 random bits: nobody guesses them, so a fast hash is enough. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

export function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}
