import { MasterKeyTrouble } from '#events/seals.ts'
import type { Vault, VaultChange, VaultEntry } from '#events/vault.ts'

import type { Random } from '#infra/seals/box.ts'
import type { MasterKey, MasterKeySource } from '#infra/seals/master-keys.ts'
import { parseWrapped, rewrap, SUBJECT_KEYS } from '#infra/seals/subject-key.ts'
import {
  assertRightKey,
  changeWrapping,
  readWrapping,
  stillWrapping,
  type Wrapping,
} from '#infra/seals/wrapping.ts'

export interface WrappingDeps {
  readonly vault: Vault
  readonly masterKeys: MasterKeySource
  readonly random: Random
}

/** Few enough that no turn is held up by them for long. */
const PAGE = 100
const TRIES = 100

/** The vault's note of its master key together with the keys that there were at that time. */
export async function readConsistently({ vault, masterKeys }: WrappingDeps) {
  for (let tries = 0; tries < TRIES; tries++) {
    const wrapping = await readWrapping(vault)
    const keys = await masterKeys.read()
    if (!wrapping) throw new Error('the vault has no note of its master key')
    // A key is in the source before it is noted, and until another one is.
    if ((await readWrapping(vault))?.text !== wrapping.text) continue
    assertRightKey(wrapping, keys, masterKeys.name)
    return { wrapping, keys }
  }
  throw new MasterKeyTrouble('master-key-busy', 'others rotate the master key all the time')
}

/**
 * Brings all keys under the newest master key, going on with a rotation that was begun. Several
 * processes may do so at a time. Answers how many keys this one wrapped anew, and the id of the
 * master key that all are wrapped with.
 */
export async function settleWrapping(deps: WrappingDeps) {
  let rewrapped = 0
  for (let tries = 0; tries < TRIES; tries++) {
    const { wrapping, keys } = await readConsistently(deps)
    const newest = keys[0]!
    if (wrapping.from !== undefined) rewrapped += await finish(deps, wrapping, keys)
    else if (wrapping.to === newest.id) return { rewrapped, masterId: newest.id }
    else await changeWrapping(deps.vault, deps.random, wrapping, newest, wrapping.to)
  }
  throw new MasterKeyTrouble('master-key-busy', 'others rotate the master key all the time')
}

/** Wraps page by page what the previous master key wraps, then notes that none is left. */
async function finish(
  { vault, masterKeys, random }: WrappingDeps,
  wrapping: Wrapping,
  keys: readonly MasterKey[],
): Promise<number> {
  const to = keys.find(({ id }) => id === wrapping.to)!
  let rewrapped = 0
  let after: string | undefined
  for (let tries = 0; tries < TRIES;) {
    const page = await vault.entries(SUBJECT_KEYS, { limit: PAGE, ...(after && { after }) })
    const { changes, unknown } = changesOf(page, to, keys, random)
    if (unknown || !(await replace(vault, wrapping, changes))) {
      // Another process has come to the end first, or makes and destroys keys on this page.
      if ((await readWrapping(vault))?.text !== wrapping.text) return rewrapped
      if (unknown) throw unknownMaster(unknown.subject, unknown.masterId, masterKeys.name)
      tries++
      continue
    }
    tries = 0
    rewrapped += changes.length
    if (page.length < PAGE) {
      await changeWrapping(vault, random, wrapping, to)
      return rewrapped
    }
    after = page.at(-1)!.key
  }
  throw new MasterKeyTrouble('master-key-busy', 'the keys change faster than they are wrapped')
}

/** What to change on a page, or a key on it that is wrapped with none of the master keys. */
function changesOf(
  page: readonly VaultEntry[],
  to: MasterKey,
  keys: readonly MasterKey[],
  random: Random,
) {
  const changes: VaultChange[] = []
  for (const { key, secret } of page) {
    const subject = key.slice(SUBJECT_KEYS.length)
    const wrapped = parseWrapped(subject, secret)
    if (!wrapped || wrapped.masterId === to.id) continue
    const from = keys.find(({ id }) => id === wrapped.masterId)
    if (!from) return { changes: [], unknown: { subject, masterId: wrapped.masterId } }
    changes.push({ key, from: secret, to: rewrap(subject, wrapped, { from, to }, random) })
  }
  return { changes, unknown: undefined }
}

async function replace(vault: Vault, wrapping: Wrapping, changes: readonly VaultChange[]) {
  return changes.length === 0 || (await vault.replaceAll([stillWrapping(wrapping), ...changes]))
}

export function unknownMaster(subject: string, id: string, source: string): MasterKeyTrouble {
  const words = `the key of ${subject} is wrapped with the master key ${id}, which ${source} lacks`
  return new MasterKeyTrouble('master-key-unknown', words)
}
