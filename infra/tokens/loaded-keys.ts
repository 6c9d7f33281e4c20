import type { CryptoKey } from 'jose'

import type { Seals } from '#events/seals.ts'
import type { SigningKey } from '#events/signing-book.ts'
import type { Vault } from '#events/vault.ts'

import { readPrivateKey, readPublicKey } from '#infra/tokens/private-keys.ts'

/** A signing key ready for use. */
export interface LoadedKey extends SigningKey {
  readonly verifyKey: CryptoKey
  /** Undefined when the vault does not hold it: it verifies, and does not sign. */
  readonly privateKey: CryptoKey | undefined
}

/** Loads what is in the book, keeping what is loaded already. */
export function loadKeys(
  keys: readonly SigningKey[],
  loaded: readonly LoadedKey[],
  vault: Vault,
  seals: Seals,
): Promise<LoadedKey[]> {
  return Promise.all(
    keys.map(async (key) => {
      const before = loaded.find(({ kid }) => kid === key.kid)
      const verifyKey = before?.verifyKey ?? (await readPublicKey(key))
      const privateKey = before?.privateKey ?? (await readPrivateKey(vault, seals, key))
      return { ...key, verifyKey, privateKey }
    }),
  )
}
