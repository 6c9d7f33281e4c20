import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { SealKeeper } from '#events/seals.ts'
import type { Vault } from '#events/vault.ts'
import { createLmdbVault } from '#infra/lmdb/lmdb-vault.ts'
import type { MasterKeySource } from '#infra/seals/master-keys.ts'

import {
  installation,
  outcome,
  subjectKeys,
  temporaryFolders,
} from '#test/conformance/seals.fixture.ts'

const newFolder = temporaryFolders()
const SUBJECTS = Array.from({ length: 210 }, (_, n) => `account:m${n}`)
type Sealed = ReadonlyMap<string, string>

async function sealAll(seals: SealKeeper, subjects = SUBJECTS): Promise<Sealed> {
  const entries = subjects.map(
    async (each) => [each, await seals.seal(each, 'email', each)] as const,
  )
  return new Map(await Promise.all(entries))
}

async function expectReadable(seals: SealKeeper, sealed: Sealed): Promise<void> {
  for (const [subject, text] of sealed) {
    expect(await seals.unseal(subject, 'email', text)).toBe(subject)
  }
}

const masterIds = async (vault: Vault) =>
  new Set((await subjectKeys(vault)).flatMap(({ secret }) => secret.split('.').slice(1, 2)))

const withReplaceAll = (vault: Vault, replaceAll: Vault['replaceAll']): Vault => ({
  ...vault,
  replaceAll,
})

/** A process that dies before or after the n-th step that leaves a trace, and does no more. */
function dying(place: ReturnType<typeof installation>, step: number, side: 'before' | 'after') {
  let steps = 0
  let isDead = false
  async function trace<T>(run: () => Promise<T>): Promise<T> {
    if (isDead) throw new Error('dead')
    const isLast = ++steps === step
    if (isLast && side === 'before') isDead = true
    if (isDead) throw new Error('dead')
    const result = await run()
    if (isLast) isDead = true
    if (isDead) throw new Error('dead')
    return result
  }
  const { vault } = place
  const source = place.source()
  const file = source.file!
  const masterKeys: MasterKeySource = {
    ...source,
    file: {
      ...file,
      add: () => trace(() => file.add()),
      dropBehind: (id) => trace(() => file.dropBehind(id)),
    },
  }
  return {
    masterKeys,
    vault: withReplaceAll(vault, (changes) => trace(() => vault.replaceAll(changes))),
    hasDied: () => isDead,
  }
}

describe('a rotation of the master key', () => {
  it('leaves every sealed text readable, in every process, and the old key gone', async () => {
    const place = installation(newFolder())
    const seals = await place.open()
    const other = await place.open()
    const sealed = await sealAll(seals)
    await expectReadable(other, sealed)
    const before = place.lines()
    const [id] = await masterIds(place.vault)
    expect(await seals.rotateMasterKey()).toEqual({ rewrapped: SUBJECTS.length })
    expect(place.lines()).toHaveLength(1)
    expect(place.lines()).not.toEqual(before)
    expect(place.files()).toEqual(['master.key'])
    expect(await masterIds(place.vault)).not.toContain(id)
    await expectReadable(seals, sealed)
    // The other process has the old key in memory, and makes a key with the new one.
    for (const subject of SUBJECTS) other.dropCached(subject)
    await expectReadable(other, sealed)
    await other.seal('account:new', 'email', 'x')
    expect((await masterIds(place.vault)).size).toBe(1)
    await expectReadable(await place.open(), sealed)
  })

  it('is ended after a crash at any step', async () => {
    let crashes = 0
    for (const side of ['before', 'after'] as const) {
      for (let step = 1; ; step++) {
        const place = installation(newFolder())
        const sealed = await sealAll(await place.open())
        const [oldKey] = place.lines()
        const process = dying(place, step, side)
        const rotation = await outcome(place.open(process).then((seals) => seals.rotateMasterKey()))
        if (!process.hasDied()) {
          expect(rotation).toBe('done')
          break
        }
        crashes++
        expect(rotation).toEqual(new Error('dead'))
        const [begun] = place.lines()
        const seals = await place.open()
        await expectReadable(seals, sealed)
        // What was begun is ended by the start alone, and nothing of the old key is left.
        expect({ side, step, lines: place.lines() }).toEqual({ side, step, lines: [begun] })
        expect((await masterIds(place.vault)).size).toBe(1)
        await seals.rotateMasterKey()
        expect(place.lines()).not.toContain(oldKey)
        await expectReadable(await place.open(), sealed)
      }
    }
    // On each side: the start's drop, one more, the addition, the note, three pages, the end, a drop.
    expect(crashes).toBe(18)
  })

  it('by several processes at once, while others seal and forget, loses nothing', async () => {
    const folder = newFolder()
    const path = join(folder, 'vault')
    const vaults = Array.from({ length: 3 }, () => createLmdbVault(path))
    const place = installation(folder, vaults[0])
    const processes = await Promise.all(vaults.map((vault) => place.open({ vault })))
    const [one, two, three] = processes as [SealKeeper, SealKeeper, SealKeeper]
    const sealed = await sealAll(one)
    const gone = SUBJECTS.slice(0, 5)
    const late = Array.from({ length: 60 }, (_, n) => `account:late${n}`)
    const [, , , lateSealed] = await Promise.all([
      one.rotateMasterKey(),
      two.rotateMasterKey(),
      one.rotateMasterKey(),
      sealAll(three, late),
      ...gone.map((subject) => three.destroy(subject)),
    ])
    expect(place.lines()).toHaveLength(1)
    const left = new Map([...sealed, ...lateSealed].filter(([subject]) => !gone.includes(subject)))
    for (const process of [...processes, await place.open()]) await expectReadable(process, left)
    const ids = await masterIds(vaults[0]!)
    expect([...ids].filter((id) => id !== undefined)).toHaveLength(1)
    for (const vault of vaults) await vault.close()
  }, 30_000)

  it('overtakes a key that another process is about to make', async () => {
    const place = installation(newFolder())
    const seals = await place.open()
    const asked = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const slow = await place.open({
      vault: {
        ...place.vault,
        async replaceAll(changes) {
          asked.resolve()
          await gate.promise
          return await place.vault.replaceAll(changes)
        },
      },
    })
    const sealing = slow.seal('account:a', 'email', 'account:a')
    await asked.promise
    await seals.rotateMasterKey()
    gate.resolve()
    await expectReadable(await place.open(), new Map([['account:a', await sealing]]))
  })

  it('goes on where a single key is damaged only when that is mended', async () => {
    const place = installation(newFolder())
    const seals = await place.open()
    const sealed = await sealAll(seals, ['account:a', 'account:b'])
    const good = (await place.vault.get('key:account:b'))!
    await place.vault.put('key:account:b', 'k1.broken')
    expect(await outcome(seals.rotateMasterKey())).toMatchObject({ code: 'sealing-key-damaged' })
    expect(place.lines()).toHaveLength(2)
    expect(await seals.unseal('account:a', 'email', sealed.get('account:a')!)).toBe('account:a')
    await place.vault.put('key:account:b', good)
    await expectReadable(await place.open(), sealed)
    expect(place.lines()).toHaveLength(1)
  })
})

describe('forgetting with a key file', () => {
  it('leaves an old copy of the vault without the key that opens it', async () => {
    const place = installation(newFolder())
    const seals = await place.open()
    const sealed = await sealAll(seals, ['account:a', 'account:b'])
    const backup = await place.vault.entries('')
    expect(await seals.forget('account:a')).toBe(true)
    expect(await seals.unseal('account:a', 'email', sealed.get('account:a')!)).toBeUndefined()
    expect(await seals.unseal('account:b', 'email', sealed.get('account:b')!)).toBe('account:b')
    const restored = installation(newFolder())
    await restored.vault.putAll(backup)
    const refused = await outcome(restored.open({ masterKeys: place.source() }))
    expect(refused).toMatchObject({ code: 'master-key-wrong' })
    const [line] = place.lines()
    expect(await seals.forget('account:a')).toBe(false)
    expect(place.lines()).not.toContain(line)
  })
})
