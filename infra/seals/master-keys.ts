import { createHash, createSecretKey, type KeyObject } from 'node:crypto'

import { MasterKeyTrouble } from '#events/seals.ts'

import { decodeExactly } from '#infra/seals/box.ts'

/** A key that wraps the keys of the subjects. */
export interface MasterKey {
  /** The first 8 bytes of the SHA-256 of the key, in hex: tells keys apart, reveals none. */
  readonly id: string
  readonly key: KeyObject
}

/** Where the master keys come from. */
export interface MasterKeySource {
  /** For messages: `the settings`, or the path of the file. */
  readonly name: string
  /** As they are now: the newest first, then those before it; at least one. */
  read(): Promise<readonly MasterKey[]>
  /** Undefined where somebody else keeps the keys. */
  readonly file?: MasterKeyFile
}

/** The part of a source that writes. */
export interface MasterKeyFile {
  /** Whether there is one. */
  exists(): Promise<boolean>
  /** Makes the file with one new key, unless there is one already. */
  create(): Promise<void>
  /** Puts a new key before all others. Durable when it resolves. */
  add(): Promise<void>
  /** Drops the keys that come after this one; none when it is not there. */
  dropBehind(id: string): Promise<void>
}

export const MASTER_KEY_BYTES = 32
/** More would mean that rotations are begun and never finished. */
const KEYS_MAX = 8

/** The keys that the settings hold: the current one, then those before it. */
export function masterKeysFromSettings(texts: readonly string[]): MasterKeySource {
  const keys = parseMasterKeys(texts, 'the settings')
  return { name: 'the settings', read: async () => keys }
}

/** Throws `MasterKeyTrouble` `master-key-malformed`, whose words do not repeat the keys. */
export function parseMasterKeys(texts: readonly string[], name: string): readonly MasterKey[] {
  if (texts.length === 0 || texts.length > KEYS_MAX) {
    const words = `${name}: ${texts.length} master keys, where 1 to ${KEYS_MAX} are expected`
    throw new MasterKeyTrouble('master-key-malformed', words)
  }
  const keys = texts.map((text, index) => parseMasterKey(text, `${name}: master key ${index + 1}`))
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    throw new MasterKeyTrouble('master-key-malformed', `${name}: the same master key twice`)
  }
  return keys
}

function parseMasterKey(text: string, name: string): MasterKey {
  let bytes: Buffer
  try {
    bytes = decodeExactly(text)
  } catch (cause) {
    throw new MasterKeyTrouble('master-key-malformed', `${name} is not base64url`, cause)
  }
  if (bytes.length !== MASTER_KEY_BYTES) {
    const words = `${name} has ${bytes.length} bytes instead of ${MASTER_KEY_BYTES}`
    throw new MasterKeyTrouble('master-key-malformed', words)
  }
  const id = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  return { id, key: createSecretKey(bytes) }
}
