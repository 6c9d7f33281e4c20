import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { isMissing } from '#test/e2e/programs.ts'

const run = promisify(execFile)
const CONTENT = randomBytes(6_000_000)

let ftp: FtpFixture
let folder: string
beforeAll(async () => {
  ftp = await startFtp({ tlsPort: 0 })
  await ftp.system.addMember({ name: 'ana' })
  folder = await mkdtemp(join(tmpdir(), 'veza-resume-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await ftp.stop()
})

/** What was sent of the file by each download, as the log has it. */
async function sentOf(file: string): Promise<number[]> {
  const sent: number[] = []
  for await (const { type, data } of ftp.system.log.readAll({ kinds: ['connection'] })) {
    const fact = data as { file: string; sizeBytes: number }
    if (type === 'connection.file-sent' && fact.file === file) sent.push(fact.sizeBytes)
  }
  return sent
}

/** What a client has caused is recorded a moment after it has gone. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}

/** Where in the file each of its uploads began. */
async function beginningsOf(file: string): Promise<number[]> {
  const offsets: number[] = []
  for await (const { type, data } of ftp.system.log.readAll({ kinds: ['race'] })) {
    const fact = data as { file: string; offsetBytes: number }
    if (type === 'race.upload-started' && fact.file === file) offsets.push(fact.offsetBytes)
  }
  return offsets
}

/** An upload of ana's that broke off after so many bytes. */
async function leavePart(release: string, file: string, bytes: number): Promise<void> {
  const client = await ftp.login()
  await client.say(`MKD /incoming/${release}`, '257')
  const data = await client.passive()
  await client.say(`STOR /incoming/${release}/${file}`, '150')
  data.write(CONTENT.subarray(0, bytes))
  while (!(await client.say('STAT', '213')).includes(` ${bytes} bytes`));
  await client.say('ABOR', '426')
  await client.expect('226')
  await client.close()
}

async function expectPlaced(release: string, file: string): Promise<void> {
  const placed = await readFile(ftp.sitePath('incoming', release, file))
  expect(placed.equals(CONTENT)).toBe(true)
}

describe.skipIf(isMissing('curl'))('curl goes on', () => {
  const curl = (...words: string[]) => run('curl', ['-sS', '--max-time', '30', ...words])
  test.each([
    ['plain', 'ftp', []],
    ['explicit TLS', 'ftp', ['--ssl-reqd', '--insecure']],
    ['implicit TLS', 'ftps', ['--insecure']],
    ['active', 'ftp', ['--ftp-port', '-']],
  ])('with an upload and a download: %s', async (name, scheme, mode) => {
    const release = `Curl-${name.replace(' ', '-')}`
    const file = `${release}.bin`
    const port = scheme === 'ftps' ? ftp.tlsPort : ftp.port
    const url = `${scheme}://ana:password@127.0.0.1:${port}/incoming/${release}/${file}`
    const [local, back] = [join(folder, file), join(folder, `${file}.back`)]
    await leavePart(release, file, 2_000_000)
    await writeFile(local, CONTENT)
    await curl(...mode, '-C', '-', '-T', local, url)
    await expectPlaced(release, file)
    expect(await beginningsOf(file)).toEqual([0, 2_000_000])
    await writeFile(back, CONTENT.subarray(0, 1_500_000))
    await curl(...mode, '-C', '-', '-o', back, url)
    expect((await readFile(back)).equals(CONTENT)).toBe(true)
    expect(await sentOf(file)).toEqual([CONTENT.length - 1_500_000])
  })
})

describe.skipIf(isMissing('lftp'))('lftp', () => {
  const words = (tls: boolean, script: string): string[] => {
    const settings = ['set cmd:fail-exit yes', 'set net:timeout 20', 'set net:max-retries 2']
    settings.push(`set ftp:ssl-force ${tls}`, `set ftp:ssl-protect-data ${tls}`)
    settings.push(`set ftp:ssl-allow ${tls}`, 'set ssl:verify-certificate no')
    const open = `open -u ana,password ftp://127.0.0.1:${ftp.port}`
    return ['--norc', '-c', [...settings, open, script].join('; ')]
  }
  const env = { ...process.env, LC_ALL: 'C.UTF-8' }
  const lftp = (tls: boolean, script: string) =>
    run('lftp', words(tls, script), { env, timeout: 60_000 })

  /** Kills it in the middle: when `isUnderWay` says so. */
  async function killed(tls: boolean, script: string, isUnderWay: () => Promise<boolean>) {
    const slow = `set net:limit-total-rate 4000000; ${script}`
    const child = spawn('lftp', words(tls, slow), { env, stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    while (!(await isUnderWay()));
    child.kill('SIGKILL')
    await ended
  }

  const modes = [
    ['plain', false],
    ['TLS', true],
  ] as const

  test.each(modes)('fetches a file in segments at once: %s', async (name, tls) => {
    const file = `pget-${name}.bin`
    const client = await ftp.login()
    await client.say(`MKD /incoming/Pget-${name}`, '257')
    expect(await client.store(`/incoming/Pget-${name}/${file}`, CONTENT)).toMatch(/^226/)
    await client.close()
    const local = join(folder, file)
    const slowly = 'set net:limit-rate 2000000'
    await lftp(tls, `${slowly}; pget -n 4 /incoming/Pget-${name}/${file} -o ${local}`)
    expect((await readFile(local)).equals(CONTENT)).toBe(true)
    await until(async () => (await sentOf(file)).length >= 2)
  })

  test.each(modes)('killed in a mirror up, and in one down, goes on: %s', async (name, tls) => {
    const release = `Mirror-${name}`
    const [source, target] = [join(folder, release), join(folder, `${release}-down`)]
    await mkdir(source)
    const files = ['a', 'b', 'c'].map((letter) => `${letter}-${name}.bin`)
    for (const file of files) await writeFile(join(source, file), CONTENT)
    const up = `mirror -R -c --parallel=2 ${source} /incoming/${release}`
    const staged = async () => (await readdir(ftp.stagingPath())).length
    await killed(tls, up, async () => (await staged()) === 2)
    await lftp(tls, up)
    for (const file of files) await expectPlaced(release, file)

    const down = `mirror -c /incoming/${release} ${target}`
    const first = join(target, files[0]!)
    const have = () =>
      stat(first).then(
        ({ size }) => size,
        () => 0,
      )
    await killed(tls, down, async () => (await have()) > 1_000_000)
    const before = await have()
    await lftp(tls, down)
    for (const file of files) {
      expect((await readFile(join(target, file))).equals(CONTENT)).toBe(true)
    }
    // What was here has not been sent again.
    await until(async () => (await sentOf(files[0]!)).includes(CONTENT.length - before))
  })
})

describe.skipIf(isMissing('ncftpput', 'ncftpget'))('ncftp', () => {
  test('brings and takes a whole directory, and goes on with a download', async () => {
    const login = ['-u', 'ana', '-p', 'password', '-P', String(ftp.port)]
    // Its own resuming of uploads sends the whole file again after REST, by sendfile.
    const local = join(folder, 'Ncftp')
    await mkdir(local)
    await writeFile(join(local, 'ncftp.bin'), CONTENT)
    await run('ncftpput', [...login, '-R', '127.0.0.1', '/incoming', local])
    await expectPlaced('Ncftp', 'ncftp.bin')
    const target = join(folder, 'ncftp-down')
    await mkdir(target)
    await writeFile(join(target, 'ncftp.bin'), CONTENT.subarray(0, 1_000_000))
    await run('ncftpget', [...login, '-z', '127.0.0.1', target, '/incoming/Ncftp/ncftp.bin'])
    expect((await readFile(join(target, 'ncftp.bin'))).equals(CONTENT)).toBe(true)
    const whole = join(folder, 'ncftp-whole')
    await mkdir(whole)
    await run('ncftpget', [...login, '-R', '127.0.0.1', whole, '/incoming/Ncftp'])
    expect((await readFile(join(whole, 'Ncftp', 'ncftp.bin'))).equals(CONTENT)).toBe(true)
  })
})
