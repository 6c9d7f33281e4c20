import { describe, expect, it } from 'vitest'

import {
  CheckpointUnusable,
  generateKeys,
  isSignedBy,
  readCheckpoint,
  signCheckpoint,
} from '#infra/log/checkpoint.ts'

const END = { log: 'a-log', position: 12, hash: 'h'.repeat(43) }

describe('a signed checkpoint', () => {
  const { privateKey, publicKey } = generateKeys()
  const checkpoint = signCheckpoint(END, 1_700_000_000_000, privateKey)

  it('is believed when it comes back from a file', () => {
    const read = readCheckpoint(JSON.stringify(checkpoint))
    expect(read).toMatchObject({ ...END, at: '2023-11-14T22:13:20.000Z' })
    expect(isSignedBy(read, publicKey)).toBe(true)
  })

  it.each([
    ['position', { position: 13 }],
    ['hash', { hash: 'x'.repeat(43) }],
    ['log', { log: 'another' }],
    ['time', { at: '2023-11-14T22:13:21.000Z' }],
  ])('is not believed with another %s', (_, change) => {
    expect(isSignedBy({ ...checkpoint, ...change }, publicKey)).toBe(false)
  })

  it('is not believed with another key', () => {
    expect(isSignedBy(checkpoint, generateKeys().publicKey)).toBe(false)
  })

  it.each(['', '{}', '[]', JSON.stringify({ ...checkpoint, position: -1 })])(
    'is not read from %s',
    (text) => expect(() => readCheckpoint(text)).toThrow(CheckpointUnusable),
  )

  it('cannot be made or checked without a key', () => {
    expect(() => signCheckpoint(END, 0, publicKey)).toThrow(CheckpointUnusable)
    expect(() => isSignedBy(checkpoint, 'no key')).toThrow(CheckpointUnusable)
  })
})
