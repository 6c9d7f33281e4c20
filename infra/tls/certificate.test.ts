import { X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'

import { generate } from 'selfsigned'
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

test('an expired certificate that somebody has put there is served, with a warning', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'veza-tls-'))
  const notAfterDate = new Date(now - 1_000)
  const own = await generate([{ name: 'commonName', value: 'ftp.example' }], { notAfterDate })
  await mkdir(join(dataDir, 'tls'))
  await writeFile(join(dataDir, 'tls/cert.pem'), own.cert)
  await writeFile(join(dataDir, 'tls/key.pem'), own.private)
  const warnings: string[] = []
  const served = await loadCertificate({ dataDir, now, warn: (text) => void warnings.push(text) })
  expect(served).toEqual({ cert: own.cert, key: own.private })
  expect(await readFile(join(dataDir, 'tls/cert.pem'), 'utf8')).toBe(own.cert)
  expect(await readFile(join(dataDir, 'tls/key.pem'), 'utf8')).toBe(own.private)
  expect(warnings).toEqual([expect.stringMatching(/cert\.pem has expired/)])
})

test('neither half of a pair is overwritten when the other is missing', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'veza-tls-'))
  const { key } = await loadCertificate({ dataDir, now })
  await rm(join(dataDir, 'tls/cert.pem'))
  expect((await loadCertificate({ dataDir, now })).key).not.toBe(key)
  expect(await readFile(join(dataDir, 'tls/key.pem.old'), 'utf8')).toBe(key)
  await rm(join(dataDir, 'tls/key.pem'))
  await expect(loadCertificate({ dataDir, now })).rejects.toThrow(/has no key/)
})
