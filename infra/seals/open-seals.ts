import { createHmac } from 'node:crypto'

import type { Clock } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'
import {
  MasterKeyTrouble,
  SEAL_LIMITS,
  SEAL_REFUSALS,
  SealBroken,
  type SealKeeper,
  VISITORS,
} from '#events/seals.ts'
import type { Vault } from '#events/vault.ts'

import { closeBox, openBox, type Random, systemRandom } from '#infra/seals/box.ts'
import type { MasterKeySource } from '#infra/seals/master-keys.ts'
import { readConsistently, settleWrapping, type WrappingDeps } from '#infra/seals/rewrap-keys.ts'
import { isKeyIdOf } from '#infra/seals/subject-key.ts'
import { createSubjectKeys } from '#infra/seals/subject-keys.ts'
import { changeWrapping, readWrapping } from '#infra/seals/wrapping.ts'

export interface SealsOptions {
  readonly vault: Vault
  readonly masterKeys: MasterKeySource
  readonly clock: Clock
  readonly random?: Random
  /** How long an unwrapped key stays in memory: default 30 s, at most `SEAL_LIMITS.keyLifeMs`. */
  readonly keyLifeMs?: number
  /** Whose keys may be made anew after they were destroyed; default: `VISITORS`. */
  readonly renewable?: readonly string[]
}

const VERSION = 'v1'
const TAG_BYTES = 16

/**
 * Seals whose keys lie in the vault, wrapped with a master key. At first use of a vault it is
 * bound to the master key, and a key file is made. Rejects with `MasterKeyTrouble` when the key
 * is not the one that the vault is bound to; goes on with a rotation of the key file that was
 * broken off.
 */
export async function openSeals(options: SealsOptions): Promise<SealKeeper> {
  const { vault, masterKeys, random = systemRandom, renewable = [VISITORS] } = options
  const deps = { vault, masterKeys, random }
  await bind(deps)
  const keys = createSubjectKeys({ keyLifeMs: 30_000, ...options, ...deps })
  const inTurn = createTurns()

  async function settle() {
    const { rewrapped, masterId } = await settleWrapping(deps)
    // Behind that one, not behind the newest: another process may have begun the next rotation.
    await masterKeys.file?.dropBehind(masterId)
    keys.dropMasters()
    return { rewrapped }
  }

  async function rotate() {
    if (!masterKeys.file) {
      const words = 'the settings hold the master key: put a new one before it, then rewrap'
      throw new MasterKeyTrouble('master-key-in-settings', words)
    }
    // A rotation that was broken off is ended first: else keys would pile up in the file.
    await settle()
    await masterKeys.file.add()
    return await settle()
  }

  const keeper: SealKeeper = {
    async seal(subject, field, plain) {
      assertNames(subject, field)
      assertSealable(plain)
      const key = await keys.get(subject)
      const context = [VERSION, subject, field, key.id]
      return `${VERSION}.${key.id}.${closeBox(key.seal, context, Buffer.from(plain), random)}`
    },

    async unseal(subject, field, sealed) {
      assertNames(subject, field)
      const [version, keyId = '', ...box] = sealed.split('.')
      const isOurs = version === VERSION && box.length === 2 && isKeyIdOf(subject, keyId)
      if (!isOurs) throw new SealBroken(subject, field)
      let key = await keys.find(subject)
      if (key && key.id !== keyId) {
        // Another process may have made a new one since.
        keys.drop(subject)
        key = await keys.find(subject)
      }
      if (key?.id !== keyId) return undefined
      try {
        return openBox(key.seal, [VERSION, subject, field, keyId], box.join('.')).toString()
      } catch (cause) {
        throw new SealBroken(subject, field, cause)
      }
    },

    async tag(subject, text) {
      assertNames(subject)
      assertSealable(text)
      const key = await keys.get(subject)
      const hash = createHmac('sha256', key.tag).update(text).digest()
      return hash.subarray(0, TAG_BYTES).toString('base64url')
    },

    async destroy(subject) {
      assertNames(subject)
      return await keys.destroy(subject, renewable.includes(subject))
    },

    dropCached: (subject) => keys.drop(subject),

    async forget(subject) {
      const wasThere = await keeper.destroy(subject)
      // Also when it was gone: the rotation may have failed the last time.
      if (masterKeys.file) await inTurn(rotate)
      return wasThere
    },

    rotateMasterKey: () => inTurn(rotate),
    rewrap: () => inTurn(settle),
  }
  if (masterKeys.file) await keeper.rewrap()
  return keeper
}

/** Binds an unused vault to the master key, and checks that a used one is bound to it. */
async function bind({ vault, masterKeys, random }: WrappingDeps): Promise<void> {
  const { file, name } = masterKeys
  const before = await readWrapping(vault)
  if (file && !(await file.exists())) {
    if (before) {
      const words = `${name} is missing; without it nothing that the vault sealed can be read`
      throw new MasterKeyTrouble('master-key-missing', words)
    }
    await file.create()
  }
  if (!before) await changeWrapping(vault, random, undefined, (await masterKeys.read())[0]!)
  await readConsistently({ vault, masterKeys, random })
}

/** One after the other, whether the one before succeeded or not. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve()
  return function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = last.then(task, task)
    last = run
    return run
  }
}

function assertNames(...names: readonly string[]): void {
  for (const name of names) {
    const isName = name !== '' && name.isWellFormed() && !/\p{Cc}/u.test(name)
    if (!isName || Buffer.byteLength(name) > SEAL_LIMITS.nameBytes) {
      throw new RangeError(`${JSON.stringify(name.slice(0, 100))} is no subject and no field`)
    }
  }
}

function assertSealable(plain: string): void {
  if (!plain.isWellFormed()) {
    throw new Refusal(SEAL_REFUSALS.sealUnfit, 'The text is no valid Unicode.')
  }
  if (Buffer.byteLength(plain) > SEAL_LIMITS.plainBytes) {
    const words = `The text has ${SEAL_LIMITS.plainBytes} bytes at most.`
    throw new Refusal(SEAL_REFUSALS.sealTooLong, words)
  }
}
