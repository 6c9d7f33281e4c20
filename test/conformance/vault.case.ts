import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type Vault, VAULT_LIMITS, VaultRefused } from '#events/vault.ts'
import { allEntries } from '#test/all-entries.fixture.ts'

/** How a suite gets an empty vault, opens it a second time and gets rid of it. */
export interface VaultSubject {
  readonly vault: Vault
  /** The same secrets as another process would see them; none where a vault is one process's. */
  readonly again?: () => Promise<Vault>
  readonly dispose: () => Promise<void>
}

const outcome = (run: Promise<unknown>) => run.then(() => 'done').catch((cause: unknown) => cause)

/** What every vault must do. */
export function vaultSuite(
  name: string,
  create: () => Promise<VaultSubject>,
  { isShared = true } = {},
): void {
  describe(`vault: ${name}`, () => {
    let subject: VaultSubject
    let vault: Vault
    beforeEach(async () => {
      subject = await create()
      vault = subject.vault
    })
    afterEach(() => subject.dispose())

    it('keeps, replaces and forgets a secret', async () => {
      expect(await vault.get('a')).toBeUndefined()
      await vault.put('a', '1')
      await vault.put('a', 'ünïcode ✓ 𝕏')
      expect(await vault.get('a')).toBe('ünïcode ✓ 𝕏')
      await vault.put('empty', '')
      expect(await vault.get('empty')).toBe('')
      await vault.forget('a')
      await vault.forget('a')
      expect(await vault.get('a')).toBeUndefined()
    })

    it('puts all of a batch, or none', async () => {
      await vault.putAll([
        { key: 'a', secret: '1' },
        { key: 'b', secret: '2' },
        { key: 'a', secret: '3' },
      ])
      expect(await allEntries(vault)).toEqual([
        { key: 'a', secret: '3' },
        { key: 'b', secret: '2' },
      ])
      const refused = outcome(
        vault.putAll([
          { key: 'c', secret: '4' },
          { key: 'd', secret: 'NUL \0' },
        ]),
      )
      expect(await refused).toBeInstanceOf(VaultRefused)
      expect(await vault.get('c')).toBeUndefined()
      await vault.putAll([])
    })

    it('replaces all when each is as said', async () => {
      await vault.put('a', '1')
      await vault.put('b', '2')
      const changes = [
        { key: 'a', from: '1', to: '10' },
        { key: 'b', from: '2', to: undefined },
        { key: 'c', from: undefined, to: '30' },
      ]
      expect(await vault.replaceAll(changes)).toBe(true)
      expect(await allEntries(vault)).toEqual([
        { key: 'a', secret: '10' },
        { key: 'c', secret: '30' },
      ])
      expect(await vault.replaceAll([])).toBe(true)
    })

    it.each([
      ['has another secret', { key: 'a', from: '2', to: '3' }],
      ['is there', { key: 'a', from: undefined, to: '3' }],
      ['is gone', { key: 'gone', from: '2', to: '3' }],
    ])('replaces none when one %s', async (_, change) => {
      await vault.put('a', '1')
      const changes = [{ key: 'b', from: undefined, to: '2' }, change]
      expect(await vault.replaceAll(changes)).toBe(false)
      expect(await allEntries(vault)).toEqual([{ key: 'a', secret: '1' }])
    })

    it('lets one of many writers win', async () => {
      const others = subject.again ? [vault, await subject.again()] : [vault]
      const won = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          others[n % others.length]!.replaceAll([
            { key: 'a', from: undefined, to: String(n) },
            { key: 'b', from: undefined, to: String(n) },
          ]),
        ),
      )
      expect(won.filter(Boolean)).toHaveLength(1)
      const winner = String(won.indexOf(true))
      for (const each of others) {
        expect([await each.get('a'), await each.get('b')]).toEqual([winner, winner])
      }
      for (const other of others.slice(1)) await other.close()
    })

    it('lists what begins with a prefix, in the order of the bytes', async () => {
      const keys = ['key:a', 'key:B', 'key:é', 'key:\u{1F600}', 'key:\uFF41', 'key:', 'kex', 'key;']
      keys.push('key:a%b', 'key:a_b')
      await vault.putAll(keys.map((key) => ({ key, secret: `of ${key}` })))
      const ordered = ['key:', 'key:B', 'key:a', 'key:a%b', 'key:a_b', 'key:é']
      ordered.push('key:\uFF41', 'key:\u{1F600}')
      expect(await allEntries(vault, 'key:')).toEqual(
        ordered.map((key) => ({ key, secret: `of ${key}` })),
      )
      const names = async (prefix: string) =>
        (await allEntries(vault, prefix)).map(({ key }) => key)
      expect(await names('key:a')).toEqual(['key:a', 'key:a%b', 'key:a_b'])
      expect(await names('key:a_')).toEqual(['key:a_b'])
      expect(await names('none')).toEqual([])
      expect(await names('')).toEqual(['kex', ...ordered, 'key;'])
    })

    it('lists in pages', async () => {
      const keys = Array.from({ length: 1_250 }, (_, n) => `k${String(n).padStart(5, '0')}`)
      for (let n = 0; n < keys.length; n += VAULT_LIMITS.batch) {
        const batch = keys.slice(n, n + VAULT_LIMITS.batch)
        await vault.putAll(batch.map((key) => ({ key, secret: key })))
      }
      const page = await vault.entries('k', { after: 'k00003', limit: 2 })
      expect(page.map(({ key }) => key)).toEqual(['k00004', 'k00005'])
      expect(await vault.entries('k', { limit: 5_000 })).toHaveLength(VAULT_LIMITS.batch)
      expect(await vault.entries('k', { after: 'a', limit: 1 })).toEqual([
        { key: 'k00000', secret: 'k00000' },
      ])
      expect(await vault.entries('k', { after: 'z' })).toEqual([])
      expect((await allEntries(vault, 'k')).map(({ key }) => key)).toEqual(keys)
    })

    it.each(['', 'a\n', 'a\0', 'half \ud800', 'k'.repeat(501), 'ü'.repeat(251)])(
      'refuses the key %j',
      async (key) => {
        expect(await outcome(vault.put(key, '1'))).toBeInstanceOf(VaultRefused)
        expect(await outcome(vault.putAll([{ key, secret: '1' }]))).toBeInstanceOf(VaultRefused)
        const changes = [{ key, from: undefined, to: '1' }]
        expect(await outcome(vault.replaceAll(changes))).toBeInstanceOf(VaultRefused)
        expect(await allEntries(vault)).toEqual([])
      },
    )

    it('takes secrets and batches up to their limits', async () => {
      const largest = 'x'.repeat(VAULT_LIMITS.secretBytes)
      await vault.put('k'.repeat(500), largest)
      expect(await vault.get('k'.repeat(500))).toBe(largest)
      expect(await outcome(vault.put('a', `${largest}x`))).toBeInstanceOf(VaultRefused)
      expect(await outcome(vault.put('a', 'half \udc00'))).toBeInstanceOf(VaultRefused)
      const batch = Array.from({ length: 1_001 }, (_, n) => ({ key: `b${n}`, secret: '' }))
      expect(await outcome(vault.putAll(batch))).toBeInstanceOf(VaultRefused)
      const changes = batch.map(({ key }) => ({ key, from: undefined, to: '' }))
      expect(await outcome(vault.replaceAll(changes))).toBeInstanceOf(VaultRefused)
      expect(await allEntries(vault, 'b')).toEqual([])
    })

    // A vault in memory is one process's.
    if (!isShared) return
    it('is read by who opens it again', async () => {
      await vault.put('a', '1')
      const other = await subject.again!()
      expect(await other.get('a')).toBe('1')
      expect(await other.replaceAll([{ key: 'a', from: '1', to: '2' }])).toBe(true)
      expect(await vault.replaceAll([{ key: 'a', from: '1', to: '3' }])).toBe(false)
      await other.close()
    })
  })
}
