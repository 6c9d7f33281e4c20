import { X509Certificate } from 'node:crypto'
import { mkdtemp, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'

import { expect, test } from 'vitest'

import { loadCertificate } from '#infra/tls/certificate.ts'

const now = Date.UTC(2026, 0, 1)

test('a certificate is made once and kept for its owner alone', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'veza-tls-'))
  const first = await loadCertificate({ dataDir, now })
  expect(await loadCertificate({ dataDir, now })).toEqual(first)
  expect((await stat(join(dataDir, 'tls/key.pem'))).mode & 0o777).toBe(0o600)
  expect(() => createSecureContext(first)).not.toThrow()
  expect(new X509Certificate(first.cert).checkIP('127.0.0.1')).toBe('127.0.0.1')
})

test('an expired certificate is made anew', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'veza-tls-'))
  const first = await loadCertificate({ dataDir, now })
  const later = await loadCertificate({ dataDir, now: now + 11 * 365 * 24 * 3_600_000 })
  expect(later.cert).not.toBe(first.cert)
})
