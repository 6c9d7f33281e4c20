import type { Clock } from '#events/clock.ts'
import { SEAL_LIMITS, SEAL_REFUSALS } from '#events/seals.ts'
import { Refusal } from '#events/refusal.ts'

import { createKeyCache } from '#infra/seals/key-cache.ts'
import { unknownMaster, type WrappingDeps } from '#infra/seals/rewrap-keys.ts'
import {
  makeSubjectKey,
  parseWrapped,
  SUBJECT_KEYS,
  type SubjectKey,
  TOMBSTONE,
  unwrap,
} from '#infra/seals/subject-key.ts'
import type { MasterKey } from '#infra/seals/master-keys.ts'
import { readWrapping, stillWrapping } from '#infra/seals/wrapping.ts'

export interface SubjectKeysDeps extends WrappingDeps {
  readonly clock: Clock
  /** How long an unwrapped key is kept in memory. */
  readonly keyLifeMs: number
}

/** Another process that makes or destroys the same key at the same time is met once or twice. */
const TRIES = 50

/** The keys of the subjects: made at first use, kept unwrapped for a short time. */
export function createSubjectKeys(deps: SubjectKeysDeps) {
  const { vault, masterKeys, random, clock } = deps
  const keyLifeMs = Math.min(deps.keyLifeMs, SEAL_LIMITS.keyLifeMs)
  const cache = createKeyCache({ clock, lifeMs: keyLifeMs })
  let masters: readonly MasterKey[] = []

  async function masterOf(id: string): Promise<MasterKey | undefined> {
    const isIt = (master: MasterKey) => master.id === id
    // Another process may have rotated the master key.
    return masters.find(isIt) ?? (masters = await masterKeys.read()).find(isIt)
  }

  async function load(subject: string): Promise<SubjectKey | 'none' | 'forgotten'> {
    let unknown = ''
    // Twice: between the first reading and the search for its master key, a rotation can end.
    for (let tries = 0; tries < 2; tries++) {
      const text = await vault.get(SUBJECT_KEYS + subject)
      if (text === undefined) return 'none'
      const wrapped = parseWrapped(subject, text)
      if (!wrapped) return 'forgotten'
      const master = await masterOf(wrapped.masterId)
      if (master) return unwrap(subject, wrapped, master)
      unknown = wrapped.masterId
    }
    throw unknownMaster(subject, unknown, masterKeys.name)
  }

  async function make(subject: string): Promise<void> {
    const wrapping = await readWrapping(vault)
    if (!wrapping) throw new Error('the vault has no note of its master key')
    const master = await masterOf(wrapping.to)
    if (!master) throw unknownMaster(subject, wrapping.to, masterKeys.name)
    // If it is not done, another has made one or rotates the master key: it is looked at again.
    await vault.replaceAll([
      stillWrapping(wrapping),
      {
        key: SUBJECT_KEYS + subject,
        from: undefined,
        to: makeSubjectKey(subject, master, random),
      },
    ])
  }

  async function loadOrMake(subject: string): Promise<SubjectKey> {
    for (let tries = 0; tries < TRIES; tries++) {
      const found = await load(subject)
      if (found === 'forgotten') {
        throw new Refusal(SEAL_REFUSALS.forgotten, 'This member was forgotten.', { subject })
      }
      if (found !== 'none') return found
      await make(subject)
    }
    throw new Error(`the key of ${subject} is made and destroyed all the time`)
  }

  return {
    /** The subject's key; rejects with a `Refusal` `forgotten`. */
    get: (subject: string): Promise<SubjectKey> =>
      cache.get(subject, 'make', () => loadOrMake(subject)) as Promise<SubjectKey>,

    /** Undefined when there is none. */
    find: (subject: string): Promise<SubjectKey | undefined> =>
      cache.get(subject, 'find', async () => {
        const found = await load(subject)
        return typeof found === 'string' ? undefined : found
      }),

    /** Leaves a tombstone, or nothing when the key may be made anew. */
    async destroy(subject: string, isRenewable: boolean): Promise<boolean> {
      const key = SUBJECT_KEYS + subject
      const to = isRenewable ? undefined : TOMBSTONE
      for (let tries = 0; tries < TRIES; tries++) {
        const from = await vault.get(key)
        if (from === to || (await vault.replaceAll([{ key, from, to }]))) {
          cache.drop(subject)
          return from !== undefined && from !== TOMBSTONE
        }
      }
      throw new Error(`the key of ${subject} changes all the time`)
    },

    drop: (subject: string): void => cache.drop(subject),

    /** Reads the master keys again at next use. */
    dropMasters(): void {
      masters = []
    },
  }
}
