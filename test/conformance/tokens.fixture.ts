import { Registry } from 'prom-client'

import { createHost } from '#actors/kernel/create-host.ts'
import { createSigningBook } from '#actors/signing/signing-book.ts'
import { signingActor } from '#actors/signing/signing.actor.ts'
import type { Clock } from '#events/clock.ts'
import type { AccessClaims, NewAccessClaims } from '#events/tokens.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createMemoryVault } from '#infra/memory/memory-vault.ts'
import { masterKeysFromSettings } from '#infra/seals/master-keys.ts'
import { openSeals } from '#infra/seals/open-seals.ts'
import { createAccessTokens } from '#infra/tokens/access-tokens.ts'
import {
  createSigningKeys,
  type SigningKeys,
  type SigningKeysOptions,
} from '#infra/tokens/signing-keys.ts'

export const ISSUER = 'https://veza.test'

export const ALICE: NewAccessClaims = {
  sub: 'alice',
  name: 'Alice',
  role: 'user',
  sid: 's1',
  cred: 'c1',
  mfa: false,
}

/** A site without its gateways: the book, the vault, and as many processes as a test wants. */
export async function createTokenSite(clock: Clock) {
  const ids = createUuidV7(clock)
  const vault = createMemoryVault()
  const masterKeys = masterKeysFromSettings([Buffer.alloc(32, 7).toString('base64url')])
  const seals = await openSeals({ vault, masterKeys, clock })
  const faults: unknown[] = []
  const host = createHost({
    definitions: [signingActor],
    log: createMemoryEventLog(),
    store: createMemoryHostStore(),
    clock,
    registry: new Registry(),
    report: (_, cause) => faults.push(cause),
  })
  const book = createSigningBook(host, ids)
  return {
    host,
    book,
    vault,
    faults,
    /** The private half of a key, as whoever has the master key can read it. */
    async privateJwk(kid: string) {
      const sealed = await vault.get(`signing:${kid}`)
      const text = await seals.unseal('server', `signing-key:${kid}`, sealed!)
      return JSON.parse(text!) as { readonly d: string; readonly x: string }
    },
    startKeys: (change: Partial<SigningKeysOptions> = {}) =>
      createSigningKeys({
        book,
        vault,
        seals,
        clock,
        report: (cause) => faults.push(cause),
        ...change,
      }),
    tokensOf(
      keys: SigningKeys,
      change: {
        issuer?: string
        audience?: string
        cacheLimit?: number
        stillStands?: (claims: AccessClaims) => Promise<boolean>
      } = {},
    ) {
      const stillStands = async () => true
      return createAccessTokens({ keys, clock, ids, issuer: ISSUER, stillStands, ...change })
    },
  }
}

/** The code that the promise was refused with, or what it resolved to. */
export async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.catch((cause: { readonly code?: string }) => cause.code ?? cause)
}
