import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { isMissing } from '#test/e2e/programs.ts'

const run = promisify(execFile)

const BLIND = 'set ftp:use-feat no; set ftp:use-site-utime'

/** What lftp says to set a time, and how to make it say so: FEAT offers the first. */
const WAYS = [
  [/---> MFMT 20190506070809 /, 'set ftp:use-feat yes'],
  [/---> SITE UTIME .+ 20190506070809 \d+ UTC/, `${BLIND} yes; set ftp:use-site-utime2 no`],
  [/---> SITE UTIME 20190506070809 /, `${BLIND} no; set ftp:use-site-utime2 yes`],
  [
    /---> MDTM 20190506070809 /,
    `${BLIND} no; set ftp:use-site-utime2 no; set ftp:use-mdtm-overloaded yes`,
  ],
] as const

describe.skipIf(isMissing('lftp'))('lftp keeps times and modes', () => {
  let ftp: FtpFixture
  let folder: string
  const at = new Date(Date.UTC(2019, 4, 6, 7, 8, 9))

  beforeAll(async () => {
    ftp = await startFtp()
    await ftp.system.addMember({ name: 'ana' })
    folder = await mkdtemp(join(tmpdir(), 'veza-times-'))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
    await ftp.stop()
  })

  const lftp = async (script: string) => {
    const settings = 'set net:max-retries 1; set net:timeout 20; set cmd:fail-exit yes'
    const open = `set ftp:ssl-allow no; open -u ana,password ftp://127.0.0.1:${ftp.port}`
    const words = ['--norc', '-c', `${settings}; ${open}; ${script}`]
    return await run('lftp', words, { env: { ...process.env, LC_ALL: 'C.UTF-8' } })
  }

  test.each(WAYS)('up and down again: %s', async (says, settings) => {
    const release = `Rel-${WAYS.findIndex(([each]) => each === says)}`
    const source = join(folder, release)
    await mkdir(join(source, 'CD1'), { recursive: true })
    for (const file of ['a b.bin', 'CD1/b.bin']) {
      await writeFile(join(source, file), file)
      await chmod(join(source, file), 0o640)
      await utimes(join(source, file), at, at)
    }
    const { stderr } = await lftp(`${settings}; debug 5; mirror -R ${source} /incoming/${release}`)
    expect(stderr).toMatch(says)
    for (const file of ['a b.bin', 'CD1/b.bin']) {
      const kept = await stat(ftp.sitePath('incoming', release, file))
      expect(kept.mtimeMs).toBe(at.getTime())
      expect(kept.mode & 0o777).toBe(0o640)
    }
    // Nothing is newer, so nothing is sent again.
    const again = await lftp(`mirror -R --dry-run ${source} /incoming/${release}`)
    expect(again.stdout).not.toContain('.bin')
    await lftp(`mirror /incoming/${release} ${source}-down`)
    expect((await stat(join(`${source}-down`, 'CD1', 'b.bin'))).mtimeMs).toBe(at.getTime())
  })
})
