import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import { Registry } from 'prom-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { openDatabase } from '#infra/postgres/database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#infra/postgres/embedded.ts'
import { allProjections } from '#projections/all-projections.ts'
import { createReadModels } from '#projections/create-read-models.ts'
import { createProjectionRunner, type ProjectionRunner } from '#projections/kernel/runner.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

const hex = (content: string): string => crc32(content).toString(16).padStart(8, '0')
const sfvOf = (files: Record<string, string>): string =>
  Object.entries(files)
    .map(([name, content]) => `${name} ${hex(content)}\r\n`)
    .join('')

describe('listings from the read models in Postgres', () => {
  let system: TestSystem
  let postgres: EmbeddedPostgres
  let runner: ProjectionRunner
  let db: ReturnType<typeof openDatabase<any>>
  let dataDir: string
  let ftp: FtpFixture
  let ana: FtpClient
  let release: string
  let count = 0

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'veza-ftp-'))
    system = await createTestSystem()
    const { log, clock, logger } = system
    postgres = await startEmbeddedPostgres({ dataDir, logger })
    db = openDatabase<any>({ address: postgres.connection, logger })
    const read = { db, schema: 'veza', clock }
    const registry = new Registry()
    runner = createProjectionRunner({
      ...read,
      log,
      logger,
      registry,
      projections: allProjections,
    })
    runner.start()
    const readModels = createReadModels({ ...read, runner })
    await system.addMember({ name: 'ana' })
    await readModels.reached(await log.head(), 30_000)
    ftp = await startFtp({ system, dataDir, readModels })
  })
  afterAll(async () => {
    await ftp.stop()
    await runner.stop()
    await db.destroy()
    await postgres.stop()
    await system.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  beforeEach(async () => {
    release = `Release-${++count}`
    ana = await ftp.login('ana')
    await ana.say(`MKD /incoming/${release}`, '257')
    await ana.say(`CWD /incoming/${release}`, '250')
    return () => ana.close()
  })

  test('the listing shows progress, missing and bad files, then completion', async () => {
    const files = { 'a.rar': 'aaa', 'b.rar': 'bbb' }
    await ana.store('b.rar', 'wrong')
    await ana.store('x.sfv', sfvOf(files))
    await ana.store('a.rar', 'aaa')
    const names = (await ana.list('NLST')).toSorted()
    expect(names).toEqual(['[#####:::::] -  50% Complete - [veza]', 'a.rar', 'b.rar.bad', 'x.sfv'])
    expect(await ana.list('NLST /incoming')).toContain(`(incomplete)-${release}`)
    const link = (await ana.list('LIST /incoming')).find((row) =>
      row.includes(`(incomplete)-${release}`),
    )
    expect(link).toMatch(/^l.*-> Release-\d+$/)
    expect((await ana.retrieve('RETR b.rar.bad')).reply).toMatch(/^550/)
    await ana.say('DELE b.rar.bad', '550')
    await ana.say('RNFR b.rar.bad', '550')
    await ana.say('DELE [#####:::::] -  50% Complete - [veza]', '550')
    await ana.say('RMD [#####:::::] -  50% Complete - [veza]', '550')

    await ana.say('DELE b.rar', '250')
    expect(await ana.list('NLST')).toContain('b.rar-missing')
    expect((await ana.retrieve('RETR b.rar-missing')).reply).toMatch(/^550/)
    expect(await ana.store('b.rar', 'bbb')).toMatch(/^226/)
    expect(await ana.list('NLST')).toEqual([
      '[veza] - ( 24B 2F - COMPLETE ) - [veza]'.replace('24B', `${6 + sfvOf(files).length}B`),
      'a.rar',
      'b.rar',
      'x.sfv',
    ])
    expect(await ana.list('NLST /incoming')).not.toContain(`(incomplete)-${release}`)
    expect(await readdir(ftp.sitePath('incoming', release))).toEqual(['a.rar', 'b.rar', 'x.sfv'])
    const [bar] = await ana.list('NLST')
    await ana.say(`CWD ${bar}`, '250')
    expect(await ana.list()).toEqual([])
  })

  test('rows have owner, group, size; machine rows are as OPTS asks', async () => {
    await ana.store('a.bin', 'abc')
    const [row] = await ana.list('LIST -la a.bin')
    expect(row).toMatch(/^-rw-r--r-- 1 ana +GRP +3 [A-Z][a-z]{2} [ \d]\d \d\d:\d\d a\.bin$/)
    expect(await ana.list('LIST')).toEqual([row])
    const status = await ana.say('STAT -l')
    expect(status.split('\n').slice(1, -1)).toEqual([row])
    const [machine] = await ana.list('MLSD')
    expect(machine).toMatch(
      /^type=file;size=3;modify=\d{14};perm=adfr;UNIX\.owner=ana;UNIX\.group=GRP;UNIX\.mode=0644; a\.bin$/,
    )
    await ana.say('OPTS MLST size;', '200')
    expect(await ana.say('MLST a.bin')).toBe(
      `250-Here it is:\n size=3; /incoming/${release}/a.bin\n250 End`,
    )
  })
})
