import { MasterKeyTrouble } from '#events/seals.ts'
import type { Vault } from '#events/vault.ts'

import { closeBox, openBox, type Random } from '#infra/seals/box.ts'
import type { MasterKey } from '#infra/seals/master-keys.ts'

/**
 * Which master key wraps the subjects' keys, as the vault records it. Whoever wraps one names
 * this record as a condition of the same transaction, so that no key comes to be wrapped with a
 * master key that is being dropped.
 */
export interface Wrapping {
  /** The id of the master key that wraps. */
  readonly to: string
  /** During a rotation, the id of the one that wraps the rest. */
  readonly from: string | undefined
  /** As it lies in the vault: another text each time, even for the same ids. */
  readonly text: string
}

const WRAPPING_KEY = 'master-key'
const VERSION = 'm1'
const CHECK = Buffer.from('veza master key')

export async function readWrapping(vault: Vault): Promise<Wrapping | undefined> {
  const text = await vault.get(WRAPPING_KEY)
  if (text === undefined) return undefined
  const [version, to, from, ...box] = text.split('.')
  if (version !== VERSION || !to || from === undefined || box.length !== 2) {
    throw new MasterKeyTrouble(
      'sealing-key-damaged',
      'the vault’s note of its master key is damaged',
    )
  }
  return { to, from: from === '' ? undefined : from, text }
}

/** A condition for `replaceAll`: that the wrapping is still this one. */
export function stillWrapping({ text }: Wrapping) {
  return { key: WRAPPING_KEY, from: text, to: text }
}

/** Records the next wrapping if it is still `before`; answers whether it was. */
export async function changeWrapping(
  vault: Vault,
  random: Random,
  before: Wrapping | undefined,
  to: MasterKey,
  from?: string,
): Promise<boolean> {
  const names = [VERSION, to.id, from ?? '']
  const text = [...names, closeBox(to.key, names, CHECK, random)].join('.')
  return await vault.replaceAll([{ key: WRAPPING_KEY, from: before?.text, to: text }])
}

/** Throws `master-key-wrong` unless one of the keys is the one that wraps. */
export function assertRightKey(
  wrapping: Wrapping,
  keys: readonly MasterKey[],
  source: string,
): void {
  const key = keys.find(({ id }) => id === wrapping.to)
  const given = keys.map(({ id }) => id).join(', ')
  if (!key) {
    const words = `the vault belongs to the master key ${wrapping.to}; ${source} has ${given}`
    throw new MasterKeyTrouble('master-key-wrong', words)
  }
  const [version, to, from, ...box] = wrapping.text.split('.')
  try {
    openBox(key.key, [version!, to!, from!], box.join('.'))
  } catch (cause) {
    const words = `the vault's keys do not open with the master key ${key.id} of ${source}`
    throw new MasterKeyTrouble('master-key-wrong', words, cause)
  }
}
