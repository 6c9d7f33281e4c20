import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'

import { z } from 'zod'

/** Where a log's chain stood at a time, signed: whoever keeps it can tell a rewritten history. */
const checkpointSchema = z.strictObject({
  format: z.literal(1),
  log: z.string().min(1),
  position: z.int().min(0),
  hash: z.string().length(43),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** Ed25519 (RFC 8032) over the lines of `signedText`, in base64. */
  signature: z.base64(),
})

export type Checkpoint = z.output<typeof checkpointSchema>

/** A key or a checkpoint that is not what it should be. */
export class CheckpointUnusable extends Error {
  readonly code = 'checkpoint-unusable'
}

type Unsigned = Omit<Checkpoint, 'signature'>

function signedText({ format, log, position, hash, at }: Unsigned): Buffer {
  return Buffer.from(`veza log checkpoint\n${format}\n${log}\n${position}\n${hash}\n${at}\n`)
}

/** A new pair of Ed25519 keys in PEM: PKCS #8 and SubjectPublicKeyInfo. */
export function generateKeys(): { readonly privateKey: string; readonly publicKey: string } {
  return generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}

export function signCheckpoint(
  end: { readonly log: string; readonly position: number; readonly hash: string },
  nowMs: number,
  privateKeyPem: string,
): Checkpoint {
  const key = keyFrom(() => createPrivateKey(privateKeyPem), 'the private key')
  const { log, position, hash } = end
  const unsigned: Unsigned = { format: 1, log, position, hash, at: new Date(nowMs).toISOString() }
  return { ...unsigned, signature: sign(null, signedText(unsigned), key).toString('base64') }
}

/** Throws `CheckpointUnusable` for what is no checkpoint. */
export function readCheckpoint(text: string): Checkpoint {
  try {
    return checkpointSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new CheckpointUnusable('that is no checkpoint', { cause })
  }
}

export function isSignedBy(checkpoint: Checkpoint, publicKeyPem: string): boolean {
  const key = keyFrom(() => createPublicKey(publicKeyPem), 'the public key')
  return verify(null, signedText(checkpoint), key, Buffer.from(checkpoint.signature, 'base64'))
}

function keyFrom(read: () => ReturnType<typeof createPublicKey>, name: string) {
  let key
  try {
    key = read()
  } catch (cause) {
    throw new CheckpointUnusable(`${name} cannot be read`, { cause })
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new CheckpointUnusable(`${name} is not Ed25519`)
  return key
}
