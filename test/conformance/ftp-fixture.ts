import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Hooks } from '#events/hooks.ts'
import type { DataPump } from '#events/data-pump.ts'
import type { SiteFiles } from '#events/site-files.ts'
import type { FtpOptions } from '#gateways/ftp/options.ts'
import { createFtpGateway } from '#gateways/ftp/server.ts'
import type { CreditRules } from '#gateways/site/transfers/credit-rules.ts'
import { createSite } from '#gateways/site/site.ts'
import { createDiskSiteFiles } from '#infra/files/disk-site-files.ts'
import { createDiskSiteMessages } from '#infra/files/disk-site-messages.ts'
import { loadCertificate } from '#infra/tls/certificate.ts'
import type { ReadModels } from '#projections/read-models.ts'
import { openClient } from '#test/conformance/ftp-client.ts'
import { readModelsOfState } from '#test/conformance/state-read-models.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

export interface FtpFixtureOptions extends Partial<FtpOptions> {
  readonly system?: TestSystem
  readonly dataDir?: string
  readonly wrapFiles?: (files: SiteFiles) => SiteFiles
  readonly durability?: 'fsync' | 'none'
  /** Default: bytes go through the event loop. */
  readonly pump?: DataPump | undefined
  /** Default: answers taken from the actors themselves. */
  readonly readModels?: ReadModels
  /** Default: no scripts of the operator. */
  readonly hooks?: Hooks
  /** Default: downloads cost nothing. */
  readonly credits?: CreditRules
}

/** A live FTP gateway on the real host, files in a folder of its own. */
export async function startFtp(options: FtpFixtureOptions = {}) {
  const system = options.system ?? (await createTestSystem())
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'veza-ftp-')))
  const { wrapFiles = (files) => files, durability = 'none' } = options
  const files = wrapFiles(await createDiskSiteFiles({ dataDir, durability }))
  const readModels = options.readModels ?? readModelsOfState(system)
  const messages = createDiskSiteMessages({ dataDir, clock: system.clock })
  const site = createSite(
    { ...system, files, readModels, messages, ...(options.hooks && { hooks: options.hooks }) },
    {
      ...(options.credits && { credits: options.credits }),
    },
  )
  await site.settle()
  const tls = await loadCertificate({ dataDir, now: system.clock.now() })
  const gateway = createFtpGateway(
    { ...system, readModels, site, tls, pump: options.pump },
    { host: '127.0.0.1', port: 0, ...options },
  )
  const { port, tlsPort } = await gateway.start()
  return {
    system,
    dataDir,
    files,
    site,
    gateway,
    port,
    tlsPort,
    sitePath: (...parts: string[]) => join(dataDir, 'site', ...parts),
    stagingPath: (...parts: string[]) => join(dataDir, 'staging', ...parts),
    connect: () => openClient(port),
    async login(name = 'ana') {
      const client = await openClient(port)
      await client.expect('220')
      await client.say(`USER ${name}`, '331')
      await client.say('PASS password', '230')
      await client.say('TYPE I', '200')
      return client
    },
    /** Over TLS, with protected data connections. */
    async loginSecured(name = 'ana') {
      const client = await openClient(port)
      await client.expect('220')
      await client.secure()
      await client.say(`USER ${name}`, '331')
      await client.say('PASS password', '230')
      await client.say('PBSZ 0', '200')
      await client.say('PROT P', '200')
      return client
    },
    async stop() {
      await gateway.stop(0)
      if (!options.system) await system.stop()
      if (!options.dataDir) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export type FtpFixture = Awaited<ReturnType<typeof startFtp>>
