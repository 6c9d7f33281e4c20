import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Refusal } from '#events/refusal.ts'
import { memberSubject, SEAL_LIMITS, SealBroken, VISITORS } from '#events/seals.ts'
import { createMemoryVault } from '#infra/memory/memory-vault.ts'

import { outcome, settingsSeals, subjectKeys } from '#test/conformance/seals.fixture.ts'

const ALICE = memberSubject('alice')
const BOB = memberSubject('bob')

describe('sealing', () => {
  it('gives back every text', async () => {
    const { seals } = await settingsSeals()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 2_000 }), async (plain) => {
        const sealed = await seals.seal(ALICE, 'email', plain)
        expect(sealed).toMatch(/^v1\.[\w-]{16}\.[\w-]{16}\.[\w-]{22,}$/)
        expect(await seals.unseal(ALICE, 'email', sealed)).toBe(plain)
      }),
    )
  })

  it('gives another text each time, which does not hold the plain one', async () => {
    const { seals } = await settingsSeals()
    const sealed = await Promise.all(
      Array.from({ length: 50 }, () => seals.seal(ALICE, 'email', 'alice@example.org')),
    )
    expect(new Set(sealed).size).toBe(50)
    expect(new Set(sealed.map((text) => text.split('.')[1])).size).toBe(1)
    const bytes = Buffer.from(sealed[0]!.split('.')[3]!, 'base64url')
    expect(bytes.includes('alice')).toBe(false)
  })

  it('finds out each changed character', async () => {
    const { seals } = await settingsSeals()
    const sealed = await seals.seal(ALICE, 'email', 'alice@example.org')
    for (let index = 0; index < sealed.length; index++) {
      for (const other of ['A', 'B', '_', '.', '=', ' ', '\u0141'].filter(
        (c) => c !== sealed[index],
      )) {
        const tampered = sealed.slice(0, index) + other + sealed.slice(index + 1)
        const result = await outcome(seals.unseal(ALICE, 'email', tampered))
        expect({ tampered, result }).toEqual({ tampered, result: expect.any(SealBroken) })
      }
    }
  })

  it('finds out each flipped bit', async () => {
    const { seals } = await settingsSeals()
    const sealed = await seals.seal(ALICE, 'email', 'a')
    const [version, ...parts] = sealed.split('.')
    for (const [which, part] of parts.entries()) {
      const bytes = Buffer.from(part, 'base64url')
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        const text = [version, ...parts.with(which, flipped.toString('base64url'))].join('.')
        const result = await outcome(seals.unseal(ALICE, 'email', text))
        expect({ text, result }).toEqual({ text, result: expect.any(SealBroken) })
      }
    }
  })

  it.each([
    ['nothing', () => ''],
    ['another version', (sealed: string) => sealed.replace('v1', 'v2')],
    ['a cut text', (sealed: string) => sealed.slice(0, -1)],
    ['one part too many', (sealed: string) => `${sealed}.AAAA`],
    ['one part too few', (sealed: string) => sealed.split('.').slice(0, 3).join('.')],
    ['an empty ciphertext', (sealed: string) => `${sealed.split('.').slice(0, 3).join('.')}.`],
    ['a line at its end', (sealed: string) => `${sealed}\n`],
    ['padding', (sealed: string) => `${sealed}=`],
  ])('refuses %s', async (_, change) => {
    const { seals } = await settingsSeals()
    const sealed = await seals.seal(ALICE, 'email', 'alice@example.org')
    const result = await outcome(seals.unseal(ALICE, 'email', change(sealed)))
    expect(result).toMatchObject({ code: 'seal-broken' })
  })

  it('refuses what was sealed for another subject or field', async () => {
    const { seals } = await settingsSeals()
    const sealed = await seals.seal(ALICE, 'email', 'alice@example.org')
    await seals.seal(BOB, 'email', 'bob@example.org')
    expect(await outcome(seals.unseal(BOB, 'email', sealed))).toBeInstanceOf(SealBroken)
    expect(await outcome(seals.unseal(ALICE, 'name', sealed))).toBeInstanceOf(SealBroken)
    // Also when the other one has no key at all, or none any more.
    expect(await outcome(seals.unseal('account:x', 'email', sealed))).toBeInstanceOf(SealBroken)
    await seals.destroy(BOB)
    expect(await outcome(seals.unseal(BOB, 'email', sealed))).toBeInstanceOf(SealBroken)
  })

  it('keeps its limits', async () => {
    const { seals, vault } = await settingsSeals()
    const largest = 'ü'.repeat(SEAL_LIMITS.plainBytes / 2)
    expect(await seals.unseal(ALICE, 'x', await seals.seal(ALICE, 'x', largest))).toBe(largest)
    const tooLong = await outcome(seals.seal(BOB, 'x', `${largest}x`))
    expect(tooLong).toMatchObject({ name: 'Refusal', code: 'seal-too-long' })
    expect(await outcome(seals.seal(BOB, 'x', '\ud800'))).toMatchObject({ code: 'seal-unfit' })
    expect(await outcome(seals.tag(BOB, '\ud800'))).toMatchObject({ code: 'seal-unfit' })
    for (const name of ['', 'a\n', '\ud800', 'ü'.repeat(201)]) {
      expect(await outcome(seals.seal(name, 'x', 'y'))).toBeInstanceOf(RangeError)
      expect(await outcome(seals.seal(BOB, name, 'y'))).toBeInstanceOf(RangeError)
      expect(await outcome(seals.unseal(name, 'x', 'y'))).toBeInstanceOf(RangeError)
      expect(await outcome(seals.tag(name, 'y'))).toBeInstanceOf(RangeError)
      expect(await outcome(seals.destroy(name))).toBeInstanceOf(RangeError)
    }
    expect((await subjectKeys(vault)).map(({ key }) => key)).toEqual(['key:account:alice'])
  })
})

describe('tags', () => {
  it('are the same for the same text and subject alone', async () => {
    const { seals, vault } = await settingsSeals()
    const tag = await seals.tag(VISITORS, '192.0.2.1')
    expect(tag).toMatch(/^[\w-]{22}$/)
    expect(await seals.tag(VISITORS, '192.0.2.1')).toBe(tag)
    expect(await seals.tag(VISITORS, '192.0.2.2')).not.toBe(tag)
    expect(await seals.tag(ALICE, '192.0.2.1')).not.toBe(tag)
    const { seals: afterRestart } = await settingsSeals({ vault })
    expect(await afterRestart.tag(VISITORS, '192.0.2.1')).toBe(tag)
    const { seals: elsewhere } = await settingsSeals()
    expect(await elsewhere.tag(VISITORS, '192.0.2.1')).not.toBe(tag)
  })
})

describe('a first use', () => {
  it.each([
    ['in one process', 1],
    ['in three processes', 3],
  ])('makes one key %s', async (_, processes) => {
    const vault = createMemoryVault()
    const opened = await Promise.all(
      Array.from({ length: processes }, () => settingsSeals({ vault })),
    )
    const sealed = await Promise.all(
      Array.from({ length: 60 }, (_each, n) =>
        opened[n % processes]!.seals.seal(ALICE, 'n', String(n)),
      ),
    )
    expect(await subjectKeys(vault)).toHaveLength(1)
    for (const { seals } of opened) {
      for (const [n, text] of sealed.entries()) {
        expect(await seals.unseal(ALICE, 'n', text)).toBe(String(n))
      }
    }
  })

  it('is not reading', async () => {
    const { seals, vault } = await settingsSeals()
    const { seals: elsewhere } = await settingsSeals()
    const sealed = await elsewhere.seal(ALICE, 'email', 'x')
    expect(await seals.unseal(ALICE, 'email', sealed)).toBeUndefined()
    expect(await subjectKeys(vault)).toEqual([])
  })
})

describe('forgetting', () => {
  it('leaves nothing to unseal with, and the member forgotten', async () => {
    const { seals, vault } = await settingsSeals()
    const sealed = await seals.seal(ALICE, 'email', 'alice@example.org')
    const others = await seals.seal(BOB, 'email', 'bob@example.org')
    expect(await seals.destroy(ALICE)).toBe(true)
    expect(await seals.destroy(ALICE)).toBe(false)
    const refused = await outcome(seals.seal(ALICE, 'email', 'again'))
    expect(refused).toBeInstanceOf(Refusal)
    expect(refused).toMatchObject({ code: 'forgotten', fields: { subject: ALICE } })
    expect(await outcome(seals.tag(ALICE, 'x'))).toMatchObject({ code: 'forgotten' })
    expect(await seals.unseal(ALICE, 'email', sealed)).toBeUndefined()
    expect(await seals.unseal(BOB, 'email', others)).toBe('bob@example.org')
    const { seals: afterRestart } = await settingsSeals({ vault })
    expect(await afterRestart.unseal(ALICE, 'email', sealed)).toBeUndefined()
    expect(await outcome(afterRestart.seal(ALICE, 'email', 'x'))).toMatchObject({
      code: 'forgotten',
    })
    expect(await subjectKeys(vault)).toContainEqual({ key: `key:${ALICE}`, secret: 'forgotten' })
  })

  it('holds for who never had a key', async () => {
    const { seals } = await settingsSeals()
    expect(await seals.destroy(ALICE)).toBe(false)
    expect(await outcome(seals.seal(ALICE, 'x', 'y'))).toMatchObject({ code: 'forgotten' })
  })

  it('gives the visitors a new key', async () => {
    const { seals } = await settingsSeals()
    const before = await seals.seal(VISITORS, 'address', '192.0.2.1')
    const tag = await seals.tag(VISITORS, '192.0.2.1')
    expect(await seals.destroy(VISITORS)).toBe(true)
    expect(await seals.destroy(VISITORS)).toBe(false)
    const after = await seals.seal(VISITORS, 'address', '192.0.2.1')
    expect(await seals.unseal(VISITORS, 'address', before)).toBeUndefined()
    expect(await seals.unseal(VISITORS, 'address', after)).toBe('192.0.2.1')
    expect(await seals.tag(VISITORS, '192.0.2.1')).not.toBe(tag)
  })

  it('is noticed by another process within a minute, at once when it is told', async () => {
    const { seals, vault } = await settingsSeals()
    const other = await settingsSeals({ vault, keyLifeMs: 1e9 })
    const sealed = await other.seals.seal(ALICE, 'email', 'alice@example.org')
    const bobs = await other.seals.seal(BOB, 'email', 'bob@example.org')
    await seals.destroy(ALICE)
    await seals.destroy(BOB)
    other.clock.advance(59_999)
    expect(await other.seals.unseal(ALICE, 'email', sealed)).toBe('alice@example.org')
    other.seals.dropCached(BOB)
    expect(await other.seals.unseal(BOB, 'email', bobs)).toBeUndefined()
    other.clock.advance(1)
    expect(await other.seals.unseal(ALICE, 'email', sealed)).toBeUndefined()
  })

  it('is noticed when the visitors got a new key elsewhere', async () => {
    const { seals, vault } = await settingsSeals()
    const other = await settingsSeals({ vault })
    await other.seals.seal(VISITORS, 'address', '192.0.2.1')
    await seals.destroy(VISITORS)
    const sealed = await seals.seal(VISITORS, 'address', '192.0.2.2')
    expect(await other.seals.unseal(VISITORS, 'address', sealed)).toBe('192.0.2.2')
  })

  it('wins over a reading that was under way', async () => {
    const vault = createMemoryVault()
    const { seals: writer } = await settingsSeals({ vault })
    const sealed = await writer.seal(ALICE, 'email', 'alice@example.org')
    const gate = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    const slow = {
      ...vault,
      async get(key: string) {
        const secret = await vault.get(key)
        if (key !== `key:${ALICE}`) return secret
        arrived.resolve()
        await gate.promise
        return secret
      },
    }
    const { seals: reader } = await settingsSeals({ vault: slow })
    const reading = reader.unseal(ALICE, 'email', sealed)
    await arrived.promise
    await writer.destroy(ALICE)
    reader.dropCached(ALICE)
    gate.resolve()
    expect(await reading).toBe('alice@example.org')
    expect(await reader.unseal(ALICE, 'email', sealed)).toBeUndefined()
  })
})
