import { X509Certificate } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

import { generate } from 'selfsigned'

/** PEM texts. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface CertificateOptions {
  /** Keeps the certificate in its folder `tls/`. */
  readonly dataDir: string
  /** Milliseconds since 1970: a certificate that has expired by then is made anew. */
  readonly now: number
  readonly commonName?: string
}

const LIFETIME_MS = 10 * 365 * 24 * 3_600_000

/**
 * The server's certificate: the one in the data folder, else a fresh self-signed one, kept
 * there readable by its owner alone. Clients that check certificates need a real one put in
 * its place, as `tls/cert.pem` and `tls/key.pem`.
 */
export async function loadCertificate(options: CertificateOptions): Promise<Certificate> {
  const folder = join(options.dataDir, 'tls')
  const certPath = join(folder, 'cert.pem')
  const keyPath = join(folder, 'key.pem')
  const kept = await readKept(certPath, keyPath)
  if (kept && Date.parse(new X509Certificate(kept.cert).validTo) > options.now) return kept

  const made = await makeCertificate(options)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // The key first: a certificate without its key would be taken for a whole pair.
  await writeSecret(keyPath, made.key)
  await writeSecret(certPath, made.cert)
  return made
}

async function readKept(certPath: string, keyPath: string): Promise<Certificate | undefined> {
  try {
    return { cert: await readFile(certPath, 'utf8'), key: await readFile(keyPath, 'utf8') }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`cannot read the certificate ${certPath}`, { cause })
  }
}

async function makeCertificate({ now, commonName = 'veza' }: CertificateOptions) {
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // A day back, for clients whose clock is a little late.
    notBeforeDate: new Date(now - 24 * 3_600_000),
    notAfterDate: new Date(now + LIFETIME_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: commonName },
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  return { cert: made.cert, key: made.private }
}

async function writeSecret(path: string, text: string): Promise<void> {
  const handle = await open(`${path}.new`, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${path}.new`, path)
}
