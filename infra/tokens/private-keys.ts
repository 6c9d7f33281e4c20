import {
  calculateJwkThumbprint,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose'

import type { Seals } from '#events/seals.ts'
import type { SigningKey } from '#events/signing-book.ts'
import type { Vault } from '#events/vault.ts'

/** Whose key seals the private halves. */
const SUBJECT = 'server'

const vaultKey = (kid: string) => `signing:${kid}`
const field = (kid: string) => `signing-key:${kid}`

/** A new key, whose private half lies sealed in the vault; the kid is its thumbprint (RFC 7638). */
export async function makeKey(
  vault: Vault,
  seals: Seals,
): Promise<Pick<SigningKey, 'kid' | 'publicKey'>> {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const { kty, crv, x, d } = await exportJWK(pair.privateKey)
  if (kty === undefined || crv !== 'Ed25519' || x === undefined) {
    throw new Error('the new key is no Ed25519 key')
  }
  const kid = await calculateJwkThumbprint({ kty, crv, x })
  const sealed = await seals.seal(SUBJECT, field(kid), JSON.stringify({ kty, crv, x, d }))
  await vault.put(vaultKey(kid), sealed)
  return { kid, publicKey: { crv, x } }
}

/** The private half, or undefined when the vault has it no more. */
export async function readPrivateKey(
  vault: Vault,
  seals: Seals,
  { kid, publicKey }: SigningKey,
): Promise<CryptoKey | undefined> {
  const sealed = await vault.get(vaultKey(kid))
  if (sealed === undefined) return undefined
  const text = await seals.unseal(SUBJECT, field(kid), sealed)
  if (text === undefined) return undefined
  const jwk = JSON.parse(text) as { readonly x: string }
  if (jwk.x !== publicKey.x) throw new Error(`the vault holds another private key under ${kid}`)
  return await keyOf({ ...jwk, kty: 'OKP' })
}

export async function readPublicKey({ publicKey }: SigningKey): Promise<CryptoKey> {
  return await keyOf({ kty: 'OKP', ...publicKey })
}

export async function forgetPrivateKey(vault: Vault, kid: string): Promise<void> {
  await vault.forget(vaultKey(kid))
}

async function keyOf(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, 'EdDSA')
  // Only a JWK of type `oct` gives bytes.
  if (key instanceof Uint8Array) throw new Error('the key is no Ed25519 key')
  return key
}
