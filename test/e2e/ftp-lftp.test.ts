import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { isMissing } from '#test/e2e/programs.ts'

const run = promisify(execFile)

const modes = {
  plain: 'set ftp:ssl-allow no',
  'plain, active': 'set ftp:ssl-allow no; set ftp:passive-mode no',
  'plain, MLSD': 'set ftp:ssl-allow no; set ftp:use-mlsd yes',
  TLS: 'set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:verify-certificate no',
}

describe.skipIf(isMissing('lftp'))('lftp', () => {
  let ftp: FtpFixture
  let folder: string
  let files: Record<string, Buffer>

  beforeAll(async () => {
    ftp = await startFtp()
    await ftp.system.addMember({ name: 'ana' })
    folder = await mkdtemp(join(tmpdir(), 'veza-lftp-'))
    files = Object.fromEntries(
      Array.from({ length: 12 }, (_, n) => [
        `part ${String(n).padStart(2, '0')}.rar`.replace(' ', '-'),
        randomBytes(100_000 + n * 77_777),
      ]),
    )
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
    await ftp.stop()
  })

  const lftp = async (mode: string, script: string): Promise<string> => {
    const settings = `set net:max-retries 1; set net:timeout 20; set cmd:fail-exit yes; ${mode}`
    const open = `open -u ana,password ftp://127.0.0.1:${ftp.port}`
    const words = ['--norc', '-c', `${settings}; ${open}; ${script}`]
    const { stdout } = await run('lftp', words, { env: { ...process.env, LC_ALL: 'C.UTF-8' } })
    return stdout
  }

  test.each(Object.entries(modes))('mirrors a release up and down: %s', async (name, mode) => {
    const release = `Release-${name.replace(/\W+/g, '-')}`
    const source = join(folder, release)
    await mkdir(join(source, 'Sample'), { recursive: true })
    const lines = []
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(source, file), content)
      lines.push(`${file} ${crc32(content).toString(16).padStart(8, '0')}\r\n`)
    }
    await writeFile(join(source, 'a.sfv'), lines.join(''))
    await writeFile(join(source, 'Sample', 'žaba.mkv'), files['part-00.rar']!)
    await lftp(mode, `mirror -R --parallel=3 ${source} /incoming/${release}`)
    const there = await readdir(ftp.sitePath('incoming', release), { recursive: true })
    expect(there.toSorted()).toEqual((await readdir(source, { recursive: true })).toSorted())

    const listing = await lftp(mode, `cls -1 /incoming/${release}`)
    expect(listing).toContain('12F - COMPLETE )')
    const target = `${source}-down`
    await lftp(mode, `mirror --parallel=3 /incoming/${release} ${target}`)
    for (const [file, content] of Object.entries(files)) {
      expect((await readFile(join(target, file))).equals(content)).toBe(true)
    }
    expect(await readdir(join(target, 'Sample'))).toEqual(['žaba.mkv'])
  })

  test.each(['plain', 'TLS'] as const)('put -c goes on with what is there: %s', async (name) => {
    const content = randomBytes(400_000)
    const local = join(folder, `resume-${name}.bin`)
    await writeFile(local, content)
    const client = await ftp.login()
    await client.say(`MKD /incoming/Resume-${name}`, '257')
    const data = await client.passive()
    await client.say(`STOR /incoming/Resume-${name}/file.bin`, '150')
    data.write(content.subarray(0, 150_000))
    for (let reply = ''; !reply.includes(' 150000 bytes');) reply = await client.say('STAT', '213')
    client.write('ABOR\r\n')
    await client.expect('426')
    await client.expect('226')
    await client.close()

    await lftp(modes[name], `put -c ${local} -o /incoming/Resume-${name}/file.bin`)
    const stored = await readFile(ftp.sitePath('incoming', `Resume-${name}`, 'file.bin'))
    expect(stored.equals(content)).toBe(true)
    const started = []
    for await (const { type, data: fact } of ftp.system.log.readAll({ kinds: ['race'] })) {
      if (type === 'race.upload-started')
        started.push((fact as { offsetBytes: number }).offsetBytes)
    }
    expect(started.at(-1)).toBe(150_000)
  })

  test('renames, deletes and removes', async () => {
    await lftp(
      modes.TLS,
      `mkdir -p /incoming/Tidy/CD1; put ${join(folder, 'resume-TLS.bin')} -o /incoming/Tidy/a; ` +
        'mv /incoming/Tidy/a /incoming/Tidy/CD1/b; rm /incoming/Tidy/CD1/b; ' +
        'rmdir /incoming/Tidy/CD1; mv /incoming/Tidy /incoming/Tidy2; rmdir /incoming/Tidy2',
    )
    expect(await readdir(ftp.sitePath('incoming'))).not.toContain('Tidy2')
  })
})

describe.skipIf(isMissing('curl'))('curl', () => {
  test.each([[[]], [['--ssl-reqd', '--insecure']], [['--ftp-port', '-']]])(
    'uploads and downloads with %j',
    async (options) => {
      const ftp = await startFtp()
      await ftp.system.addMember({ name: 'ana' })
      const folder = await mkdtemp(join(tmpdir(), 'veza-curl-'))
      const content = randomBytes(300_000)
      await writeFile(join(folder, 'up.bin'), content)
      const url = `ftp://ana:password@127.0.0.1:${ftp.port}/incoming/Curl/up.bin`
      const curl = (...rest: string[]) =>
        run('curl', ['-sS', '--max-time', '20', ...options, ...rest])
      await curl('--ftp-create-dirs', '-T', join(folder, 'up.bin'), url)
      await curl('-o', join(folder, 'down.bin'), url)
      expect((await readFile(join(folder, 'down.bin'))).equals(content)).toBe(true)
      const ranged = await curl('-r', '299990-', '-o', join(folder, 'tail.bin'), url)
      expect(ranged.stderr).toBe('')
      expect((await readFile(join(folder, 'tail.bin'))).equals(content.subarray(299_990))).toBe(
        true,
      )
      await rm(folder, { recursive: true, force: true })
      await ftp.stop()
    },
  )
})
