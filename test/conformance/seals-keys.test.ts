import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { MasterKeyTrouble } from '#events/seals.ts'
import { createMemoryVault } from '#infra/memory/memory-vault.ts'
import { masterKeysFromSettings } from '#infra/seals/master-keys.ts'

import {
  installation,
  KEY_A,
  KEY_B,
  KEY_C,
  outcome,
  settingsSeals,
  subjectKeys,
  temporaryFolders,
} from '#test/conformance/seals.fixture.ts'

const newFolder = temporaryFolders()
const trouble = (code: string) => expect.objectContaining({ name: 'MasterKeyTrouble', code })

describe('the key file', () => {
  it('is made at the first start, for its owner alone', async () => {
    const place = installation(newFolder())
    await place.open()
    expect(statSync(place.path).mode & 0o777).toBe(0o600)
    expect(place.lines()).toEqual([expect.stringMatching(/^[\w-]{43}$/)])
    expect(place.files()).toEqual(['master.key'])
  })

  it('is the same for all who start at once', async () => {
    const place = installation(newFolder())
    const opened = await Promise.all(Array.from({ length: 5 }, () => place.open()))
    const sealed = await opened[0]!.seal('account:a', 'x', 'y')
    for (const each of opened) expect(await each.unseal('account:a', 'x', sealed)).toBe('y')
    expect(place.lines()).toHaveLength(1)
  })

  it.each([0o640, 0o604, 0o660, 0o644, 0o601])('is refused with the mode %o', async (mode) => {
    const place = installation(newFolder())
    await place.open()
    chmodSync(place.path, mode)
    const refused = await outcome(place.open())
    expect(refused).toEqual(trouble('master-key-exposed'))
    expect((refused as Error).message).toContain(`0${mode.toString(8)}`)
    chmodSync(place.path, 0o400)
    await place.open()
  })

  it('is refused when it is a link or no file', async () => {
    const folder = newFolder()
    const place = installation(folder)
    await place.open()
    renameSync(place.path, join(folder, 'elsewhere'))
    symlinkSync('elsewhere', place.path)
    expect(await outcome(place.open())).toEqual(trouble('master-key-exposed'))
    rmSync(place.path)
    mkdirSync(place.path, { mode: 0o700 })
    expect(await outcome(place.open())).toEqual(trouble('master-key-exposed'))
  })

  // Only root can give a file away.
  it.each(process.getuid?.() === 0 ? ['somebody else'] : [])(
    'is refused as that of %s',
    async () => {
      const place = installation(newFolder())
      await place.open()
      const { chownSync } = await import('node:fs')
      chownSync(place.path, 12_345, 0)
      expect(await outcome(place.open())).toEqual(trouble('master-key-exposed'))
    },
  )

  it.each([
    ['no key', ''],
    ['a short key', 'AAAA'],
    ['a key too long', `${KEY_A}AAAA`],
    ['something else', 'not base64url!'],
    ['the same key twice', `${KEY_A}\n${KEY_A}`],
    [
      'too many keys',
      Array.from({ length: 9 }, (_, n) => Buffer.alloc(32, n).toString('base64url')).join('\n'),
    ],
    ['a large file', 'A'.repeat(5_000)],
  ])('is refused with %s in it, which is not repeated', async (_, text) => {
    const place = installation(newFolder())
    writeFileSync(place.path, text, { mode: 0o600 })
    const refused = await outcome(place.open())
    expect(refused).toEqual(trouble('master-key-malformed'))
    expect((refused as Error).message).not.toContain('AAAA')
    expect(await place.vault.get('master-key')).toBeUndefined()
  })

  it('is missed, and not made anew, when the vault is bound to it', async () => {
    const place = installation(newFolder())
    await place.open()
    rmSync(place.path)
    expect(await outcome(place.open())).toEqual(trouble('master-key-missing'))
    expect(existsSync(place.path)).toBe(false)
  })

  it('that belongs to another vault is refused, and changes nothing', async () => {
    const place = installation(newFolder())
    const seals = await place.open()
    const sealed = await seals.seal('account:a', 'x', 'y')
    const before = await place.vault.entries('')
    const other = installation(newFolder())
    await other.open()
    const refused = await outcome(place.open({ masterKeys: other.source() }))
    expect(refused).toEqual(trouble('master-key-wrong'))
    expect(refused).toBeInstanceOf(MasterKeyTrouble)
    expect(await place.vault.entries('')).toEqual(before)
    expect(await (await place.open()).unseal('account:a', 'x', sealed)).toBe('y')
  })

  it('is only read by a start that finds it in order', async () => {
    const place = installation(newFolder())
    await place.open()
    writeFileSync(`${place.path}.lock`, 'of another process')
    await place.open()
    expect(place.files()).toEqual(['master.key', 'master.key.lock'])
  })

  it('is changed over what a crash left beside it', async () => {
    const place = installation(newFolder())
    const seals = await place.open()
    const sealed = await seals.seal('account:a', 'x', 'y')
    linkSync(place.path, `${place.path}.new`)
    writeFileSync(`${place.path}.lock`, 'of a process that has died')
    utimesSync(`${place.path}.lock`, 1, 1)
    const [before] = place.lines()
    expect(await seals.rotateMasterKey()).toEqual({ rewrapped: 1 })
    expect(place.lines()).toHaveLength(1)
    expect(place.lines()).not.toContain(before)
    expect(place.files()).toEqual(['master.key'])
    expect(await seals.unseal('account:a', 'x', sealed)).toBe('y')
  })
})

describe('master keys in the settings', () => {
  it('are checked against the vault', async () => {
    const vault = createMemoryVault()
    const { seals } = await settingsSeals({ vault }, KEY_A)
    const sealed = await seals.seal('account:a', 'x', 'y')
    const refused = await outcome(settingsSeals({ vault }, KEY_B))
    expect(refused).toEqual(trouble('master-key-wrong'))
    expect((refused as Error).message).not.toContain(KEY_B)
    const { seals: again } = await settingsSeals({ vault }, KEY_A)
    expect(await again.unseal('account:a', 'x', sealed)).toBe('y')
    expect(() => masterKeysFromSettings([])).toThrow(MasterKeyTrouble)
    expect(() => masterKeysFromSettings(['AAAA'])).toThrow(MasterKeyTrouble)
  })

  it('are exchanged by a new one before the old one, and a rewrap', async () => {
    const vault = createMemoryVault()
    const { seals: old } = await settingsSeals({ vault }, KEY_A)
    const sealed = await old.seal('account:a', 'x', 'y')
    expect(await outcome(old.rotateMasterKey())).toEqual(trouble('master-key-in-settings'))
    const { seals } = await settingsSeals({ vault }, KEY_B, KEY_A)
    // Until the rewrap, the processes that know the old key alone go on.
    const between = await seals.seal('account:b', 'x', 'z')
    expect(await old.unseal('account:b', 'x', between)).toBe('z')
    expect(await outcome(settingsSeals({ vault }, KEY_B))).toEqual(trouble('master-key-wrong'))
    expect(await seals.rewrap()).toEqual({ rewrapped: 2 })
    expect(await seals.rewrap()).toEqual({ rewrapped: 0 })
    // One that was not restarted makes no key with the old one any more.
    expect(await outcome(old.seal('account:c', 'x', 'y'))).toEqual(trouble('master-key-unknown'))
    expect(await outcome(settingsSeals({ vault }, KEY_A))).toEqual(trouble('master-key-wrong'))
    const { seals: later } = await settingsSeals({ vault }, KEY_B)
    expect(await later.unseal('account:a', 'x', sealed)).toBe('y')
    expect(await later.unseal('account:b', 'x', between)).toBe('z')
    expect((await subjectKeys(vault)).map(({ key }) => key)).toEqual([
      'key:account:a',
      'key:account:b',
    ])
  })

  it('name the key that is missing, and the subject of one that is damaged', async () => {
    const vault = createMemoryVault()
    const { seals } = await settingsSeals({ vault }, KEY_A)
    const sealed = await seals.seal('account:a', 'x', 'y')
    const good = (await vault.get('key:account:a'))!
    const { vault: other, seals: foreign } = await settingsSeals({}, KEY_C)
    await foreign.seal('account:a', 'x', 'y')
    await vault.put('key:account:a', (await other.get('key:account:a'))!)
    const fresh = async () => (await settingsSeals({ vault }, KEY_A)).seals
    const unknown = await outcome((await fresh()).unseal('account:a', 'x', sealed))
    expect(unknown).toEqual(trouble('master-key-unknown'))
    expect((unknown as Error).message).toMatch(/account:a.* [0-9a-f]{16}/)
    const [version, id, keyId, nonce, body] = good.split('.')
    const bytes = Buffer.from(body!, 'base64url')
    bytes[0]! ^= 1
    const flipped = [version, id, keyId, nonce, bytes.toString('base64url')].join('.')
    for (const damaged of [flipped, 'x', good.slice(0, -4)]) {
      await vault.put('key:account:a', damaged)
      expect(await outcome((await fresh()).unseal('account:a', 'x', sealed))).toEqual(
        trouble('sealing-key-damaged'),
      )
    }
    // The key of another subject in its place does not open either.
    await seals.seal('account:b', 'x', 'y')
    await vault.put('key:account:a', (await vault.get('key:account:b'))!)
    expect(await outcome((await fresh()).seal('account:a', 'x', 'y'))).toEqual(
      trouble('sealing-key-damaged'),
    )
  })
})
