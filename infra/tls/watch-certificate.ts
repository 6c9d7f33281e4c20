import { createPrivateKey, X509Certificate } from 'node:crypto'
import { watch } from 'node:fs'

import type { Clock } from '#events/clock.ts'
import { type Certificate, certificateFolder, readCertificate } from '#infra/tls/certificate.ts'

export interface CertificateWatchOptions {
  readonly clock: Clock
  /** Told of a pair that is whole and another one than before. */
  readonly changed: (certificate: Certificate) => void
  /** Told of a pair that cannot be used: the old one stays. */
  readonly report: (cause: unknown) => void
}

export interface CertificateWatch {
  /** Reads it now. */
  reload(): Promise<void>
  stop(): void
}

/** Whoever replaces the certificate replaces two files: the second may come so much later. */
const SETTLE_MS = 500

/** Follows the certificate in the data folder: when its files change, and at SIGHUP. */
export function watchCertificate(
  dataDir: string,
  first: Certificate,
  { clock, changed, report }: CertificateWatchOptions,
): CertificateWatch {
  let current = first
  let isStopped = false
  let cancel = (): void => {}
  /** One after another: an older reading must not follow a newer one. */
  let reading = Promise.resolve()

  const read = async (): Promise<void> => {
    try {
      const certificate = await readCertificate(dataDir)
      if (!certificate || isStopped || isSame(certificate, current)) return
      assertPair(certificate)
      changed(certificate)
      current = certificate
    } catch (cause) {
      report(cause)
    }
  }
  const reload = (): Promise<void> => (reading = reading.then(read))
  const onHangUp = (): void => void reload()

  process.on('SIGHUP', onHangUp)
  const watcher = watch(certificateFolder(dataDir), { persistent: false }, () => {
    cancel()
    cancel = clock.after(SETTLE_MS, () => void reload())
  })
  watcher.on('error', report)
  return {
    reload,
    stop() {
      isStopped = true
      cancel()
      watcher.close()
      process.off('SIGHUP', onHangUp)
    },
  }
}

function isSame(one: Certificate, other: Certificate): boolean {
  return one.cert === other.cert && one.key === other.key
}

function assertPair({ cert, key }: Certificate): void {
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return
  throw new Error('the certificate and its key do not belong together: the old ones stay')
}
