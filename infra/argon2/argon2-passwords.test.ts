import os from 'node:os'

import { hash as argon2 } from '@node-rs/argon2'
import { afterAll, describe, expect, it } from 'vitest'

import type { Passwords } from '#events/vault.ts'
import { createArgon2Passwords } from '#infra/argon2/argon2-passwords.ts'
import { deriveScramKeys } from '#infra/passwords/scram-keys.ts'

const CHEAP = { memoryKib: 64, passes: 1 }
const opened: Passwords[] = []
afterAll(async () => {
  for (const each of opened) await each.close()
})
function open(options: Parameters<typeof createArgon2Passwords>[0] = {}): Passwords {
  const passwords = createArgon2Passwords({ ...CHEAP, ...options })
  opened.push(passwords)
  return passwords
}
const outcome = (run: Promise<unknown>) => run.then(() => 'done').catch((cause: unknown) => cause)

describe('passwords', () => {
  const passwords = open()

  it('knows the password it has hashed, and no other', async () => {
    const hash = await passwords.hash('correct horse ✓')
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
    expect(await passwords.verify(hash, 'correct horse ✓')).toBe(true)
    expect(await passwords.verify(hash, 'correct horse')).toBe(false)
    expect(await passwords.verify(hash, '')).toBe(false)
    expect(await passwords.hash('correct horse ✓')).not.toBe(hash)
  })

  it('knows hashes with other parameters', async () => {
    const hash = await argon2('secret', { memoryCost: 128, timeCost: 2, parallelism: 2 })
    expect(await passwords.verify(hash, 'secret')).toBe(true)
    expect(await passwords.verify(hash, 'Secret')).toBe(false)
  })

  it.each(['', 'plain', '$2b$10$abc', '$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA', '$argon2id$broken'])(
    'takes %j for no hash',
    async (hash) => {
      expect(await outcome(passwords.verify(hash, 'plain'))).toBeInstanceOf(Error)
    },
  )

  it('says which hashes it would make otherwise', async () => {
    const hash = await passwords.hash('secret')
    expect(passwords.needsRehash(hash)).toBe(false)
    expect(open({ memoryKib: 65 }).needsRehash(hash)).toBe(true)
    expect(open({ passes: 2 }).needsRehash(hash)).toBe(true)
    expect(open({ parallelism: 2 }).needsRehash(hash)).toBe(true)
    const others = ['i', 'd', ''].map((kind) => hash.replace('$argon2id$', `$argon2${kind}$`))
    for (const other of ['', 'plain', 'glftpd:00000000:$argon2id$', ...others]) {
      expect({ other, needsRehash: passwords.needsRehash(other) }).toEqual({
        other,
        needsRehash: true,
      })
    }
  })

  it.each([
    // The passwd line that glFTPd is installed with, and one of another implementation's tests.
    ['glftpd', '$c8aa2099$89be575337e36892c6d7f4181cad175d685162ad'],
    ['secret', '$01020304$d631702386055e6797948aa58b4551b2ba70492a'],
    ['secret', '$01020304$D631702386055E6797948AA58B4551B2BA70492A'],
  ])('knows %s by the hash of glFTPd, which it does not keep', async (password, line) => {
    const wrapped = await passwords.wrapGlftpdHash(line)
    expect(wrapped.toLowerCase()).not.toContain(line.split('$')[2]!.toLowerCase())
    expect(await passwords.verify(wrapped, password)).toBe(true)
    expect(await passwords.verify(wrapped, `${password}x`)).toBe(false)
    expect(await passwords.verify(wrapped, line.split('$')[2]!)).toBe(false)
    expect(passwords.needsRehash(wrapped)).toBe(true)
  })

  it.each([
    '',
    '*',
    'abXg5pFvHmkNQ',
    '$c8aa2099$89be',
    '$c8aa209$89be575337e36892c6d7f4181cad175d685162ad',
    '$c8aa2099$89be575337e36892c6d7f4181cad175d685162ad\n',
  ])('refuses %j as a hash of glFTPd', async (line) => {
    const refused = await outcome(passwords.wrapGlftpdHash(line))
    expect(refused).toMatchObject({ name: 'Refusal', code: 'glftpd-hash-unknown' })
  })

  it('makes SCRAM keys of the prepared password, with a salt of their own', async () => {
    const keys = await passwords.scramKeys('I\u00adX')
    expect(keys).toEqual(deriveScramKeys('IX', Buffer.from(keys.salt, 'base64'), 10_000))
    expect(Buffer.from(keys.salt, 'base64')).toHaveLength(16)
    expect((await passwords.scramKeys('IX')).salt).not.toBe(keys.salt)
    expect(await outcome(passwords.scramKeys('a\u0007'))).toMatchObject({
      code: 'password-not-preparable',
    })
    const few = open({ scramIterations: 4_095 })
    expect(await outcome(few.scramKeys('pencil'))).toBeInstanceOf(RangeError)
  })
})

describe('the threads', () => {
  it('leave the priority of the others as it is', async () => {
    const before = os.getPriority()
    expect(await open().hash('secret')).toMatch(/^\$argon2id/)
    expect(os.getPriority()).toBe(before)
  })

  it('refuse what is too much', async () => {
    const small = open({ threads: 1, waitingMax: 2 })
    const runs = await Promise.all(Array.from({ length: 5 }, () => outcome(small.hash('secret'))))
    expect(runs.filter((each) => each === 'done')).toHaveLength(3)
    expect(runs.slice(3)).toEqual([
      expect.objectContaining({ code: 'busy' }),
      expect.objectContaining({ code: 'busy' }),
    ])
    expect(await small.hash('secret')).toMatch(/^\$argon2id/)
  })

  it('end, and what they had to do is refused', async () => {
    const ending = open({ threads: 1 })
    const runs = Array.from({ length: 3 }, () => outcome(ending.hash('secret')))
    await ending.close()
    const [first, ...others] = await Promise.all(runs)
    expect(first === 'done' || first instanceof Error).toBe(true)
    expect(others.map((each) => (each as { code?: string }).code)).toEqual(['stopping', 'stopping'])
    expect(await outcome(ending.hash('secret'))).toMatchObject({ code: 'stopping' })
    await ending.close()
  })
})
