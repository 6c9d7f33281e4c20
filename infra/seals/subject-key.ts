import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

import { MasterKeyTrouble } from '#events/seals.ts'

import { closeBox, decodeExactly, openBox, type Random } from '#infra/seals/box.ts'
import type { MasterKey } from '#infra/seals/master-keys.ts'

/** A subject's own keys, unwrapped. */
export interface SubjectKey {
  readonly id: string
  readonly seal: KeyObject
  readonly tag: KeyObject
}

/** A subject's key as the vault holds it. */
export interface WrappedKey {
  readonly masterId: string
  readonly keyId: string
  readonly box: string
}

export const SUBJECT_KEYS = 'key:'
/** Lies in the place of the key of who was forgotten. */
export const TOMBSTONE = 'forgotten'

const VERSION = 'k1'
const KEY_BYTES = 32
const ID_BYTES = 8
const ID_CHECK_BYTES = 4

/** A new key for a subject, wrapped, as text for the vault. */
export function makeSubjectKey(subject: string, master: MasterKey, random: Random): string {
  const prefix = random(ID_BYTES)
  const keyId = Buffer.concat([prefix, idCheck(subject, prefix)]).toString('base64url')
  return wrap(subject, keyId, random(KEY_BYTES), master, random)
}

/**
 * Whether this can be the id of a key of the subject, also of one that is gone. So a text that
 * was sealed for somebody else is told from one whose key was destroyed.
 */
export function isKeyIdOf(subject: string, keyId: string): boolean {
  try {
    const bytes = decodeExactly(keyId)
    const prefix = bytes.subarray(0, ID_BYTES)
    return bytes.subarray(ID_BYTES).equals(idCheck(subject, prefix))
  } catch {
    return false
  }
}

/** Undefined for the tombstone. Throws `sealing-key-damaged`. */
export function parseWrapped(subject: string, text: string): WrappedKey | undefined {
  if (text === TOMBSTONE) return undefined
  const [version, masterId, keyId, ...box] = text.split('.')
  if (version !== VERSION || !masterId || !keyId || box.length !== 2) throw damaged(subject)
  return { masterId, keyId, box: box.join('.') }
}

/** Throws `sealing-key-damaged` when it does not open. */
export function unwrap(subject: string, wrapped: WrappedKey, master: MasterKey): SubjectKey {
  const bytes = openWrapped(subject, wrapped, master)
  // RFC 5869; the tag's key is another one, so that no tag says anything of the sealed texts.
  const tagKey = Buffer.from(hkdfSync('sha256', bytes, '', 'veza tag v1', KEY_BYTES))
  return { id: wrapped.keyId, seal: createSecretKey(bytes), tag: createSecretKey(tagKey) }
}

/** The same key under another master key. */
export function rewrap(
  subject: string,
  wrapped: WrappedKey,
  masters: { readonly from: MasterKey; readonly to: MasterKey },
  random: Random,
): string {
  const bytes = openWrapped(subject, wrapped, masters.from)
  return wrap(subject, wrapped.keyId, bytes, masters.to, random)
}

function wrap(
  subject: string,
  keyId: string,
  bytes: Buffer,
  master: MasterKey,
  random: Random,
): string {
  const box = closeBox(master.key, context(subject, keyId, master.id), bytes, random)
  return [VERSION, master.id, keyId, box].join('.')
}

function openWrapped(subject: string, { masterId, keyId, box }: WrappedKey, master: MasterKey) {
  try {
    return openBox(master.key, context(subject, keyId, masterId), box)
  } catch (cause) {
    throw damaged(subject, cause)
  }
}

const context = (subject: string, keyId: string, masterId: string) => [
  VERSION,
  masterId,
  subject,
  keyId,
]

function idCheck(subject: string, prefix: Buffer): Buffer {
  const hash = createHash('sha256').update('veza key id v1').update(prefix).update(subject)
  return hash.digest().subarray(0, ID_CHECK_BYTES)
}

function damaged(subject: string, cause?: unknown): MasterKeyTrouble {
  const words = `the key of ${subject} in the vault is damaged`
  return new MasterKeyTrouble('sealing-key-damaged', words, cause)
}
