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
  /** Milliseconds since 1970: one that veza has made and that has expired by then is made anew. */
  readonly now: number
  /** Told of a certificate that somebody else has made and that has expired. */
  readonly warn?: (message: string) => void
  readonly commonName?: string
}

/** Stands in the subject of what is made here, and tells it from what others put in its place. */
const MAKER = 'veza self-signed'
const LIFETIME_MS = 10 * 365 * 24 * 3_600_000

/**
 * The server's certificate: the one in the data folder, else a fresh self-signed one, kept
 * there readable by its owner alone. Clients that check certificates need a real one put in
 * its place, as `tls/cert.pem` and `tls/key.pem`: that one is never overwritten.
 */
export async function loadCertificate(options: CertificateOptions): Promise<Certificate> {
  const folder = certificateFolder(options.dataDir)
  const { certPath, keyPath } = pathsIn(folder)
  const kept = await readCertificate(options.dataDir)
  if (kept) {
    const certificate = parse(kept.cert, certPath)
    if (Date.parse(certificate.validTo) > options.now) return kept
    if (!isSelfMade(certificate)) {
      options.warn?.(`the certificate ${certPath} has expired: ${certificate.validTo}`)
      return kept
    }
  }

  const made = await makeCertificate(options)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await keepAside(keyPath)
  // The key first: a certificate without its key would be taken for a whole pair.
  await writeSecret(keyPath, made.key)
  await writeSecret(certPath, made.cert)
  return made
}

export function certificateFolder(dataDir: string): string {
  return join(dataDir, 'tls')
}

function pathsIn(folder: string) {
  return { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') }
}

/** What lies in the data folder; undefined when nothing does. Rejects when the key is missing. */
export async function readCertificate(dataDir: string): Promise<Certificate | undefined> {
  const { certPath, keyPath } = pathsIn(certificateFolder(dataDir))
  const cert = await readText(certPath)
  if (cert === undefined) return undefined
  const key = await readText(keyPath)
  if (key === undefined) throw new Error(`the certificate ${certPath} has no key ${keyPath}`)
  return { cert, key }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`cannot read ${path}`, { cause })
  }
}

function parse(cert: string, path: string): X509Certificate {
  try {
    return new X509Certificate(cert)
  } catch (cause) {
    throw new Error(`${path} is not a certificate`, { cause })
  }
}

function isSelfMade({ subject, issuer }: X509Certificate): boolean {
  return subject === issuer && subject.split('\n').includes(`O=${MAKER}`)
}

async function makeCertificate({ now, commonName = 'veza' }: CertificateOptions) {
  const subject = [
    { name: 'commonName', value: commonName },
    { name: 'organizationName', value: MAKER },
  ]
  const made = await generate(subject, {
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

/** A key alone: left by a stop between the two, or somebody's whose certificate is to come. */
async function keepAside(path: string): Promise<void> {
  if ((await readText(path)) !== undefined) await rename(path, `${path}.old`)
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
