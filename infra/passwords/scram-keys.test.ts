import { createHash, createHmac } from 'node:crypto'

import { expect, it } from 'vitest'

import { deriveScramKeys } from '#infra/passwords/scram-keys.ts'

it('makes the keys that the exchange of RFC 7677 section 3 was made with', () => {
  const salt = 'W22ZaJ0SNY7soEsUEjb6gQ=='
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const exchange = [
    'n=user,r=rOprNGfwEbeRWgbNEkqO',
    `r=${nonce},s=${salt},i=4096`,
    `c=biws,r=${nonce}`,
  ].join(',')
  const keys = deriveScramKeys('pencil', Buffer.from(salt, 'base64'), 4096)
  expect(keys).toMatchObject({ salt, iterations: 4096 })
  const storedKey = Buffer.from(keys.storedKey, 'base64')
  const signature = createHmac('sha256', storedKey).update(exchange).digest()
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')
  const clientKey = proof.map((byte, index) => byte ^ signature[index]!)
  expect(createHash('sha256').update(clientKey).digest('base64')).toBe(keys.storedKey)
  const serverKey = Buffer.from(keys.serverKey, 'base64')
  const serverSignature = createHmac('sha256', serverKey).update(exchange).digest('base64')
  expect(serverSignature).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
})

it('refuses fewer iterations than the RFC wants', () => {
  expect(() => deriveScramKeys('pencil', Buffer.alloc(16), 4095)).toThrow(RangeError)
})
