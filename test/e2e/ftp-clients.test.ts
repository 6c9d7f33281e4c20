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

let one: FtpFixture
let two: FtpFixture
let folder: string
beforeAll(async () => {
  ;[one, two] = await Promise.all([startFtp({ tlsPort: 0 }), startFtp()])
  for (const site of [one, two]) await site.system.addMember({ name: 'ana' })
  folder = await mkdtemp(join(tmpdir(), 'veza-clients-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await Promise.all([one.stop(), two.stop()])
})

/** A release on this machine: four files, and the sfv that lists them. */
async function makeRelease(name: string): Promise<{ source: string; names: readonly string[] }> {
  const source = join(folder, name)
  await mkdir(source)
  const lines: string[] = []
  for (let n = 0; n < 4; n++) {
    const bytes = randomBytes(80_000 + n * 9_999)
    await writeFile(join(source, `part.r0${n}`), bytes)
    lines.push(`part.r0${n} ${crc32(bytes).toString(16).padStart(8, '0')}\r\n`)
  }
  await writeFile(join(source, 'a.sfv'), lines.join(''))
  return { source, names: await readdir(source) }
}

async function expectSame(left: string, right: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const [a, b] = await Promise.all([readFile(join(left, name)), readFile(join(right, name))])
    expect(a.equals(b)).toBe(true)
  }
}

describe.skipIf(isMissing('lftp'))('lftp', () => {
  const lftp = async (...commands: string[]) => {
    const settings = ['set cmd:fail-exit yes', 'set net:max-retries 1', 'set net:timeout 20']
    settings.push('set ssl:verify-certificate no')
    const words = ['--norc', '-c', [...settings, ...commands].join('; ')]
    const env = { ...process.env, LC_ALL: 'C.UTF-8' }
    return (await run('lftp', words, { env, timeout: 60_000 })).stdout
  }

  test('mirrors a release up and down where TLS comes first', async () => {
    const { source, names } = await makeRelease('Implicit-A')
    const open = `open -u ana,password ftps://127.0.0.1:${one.tlsPort}`
    await lftp(open, `mirror -R --parallel=2 ${source} /incoming/Implicit-A`)
    await expectSame(source, one.sitePath('incoming', 'Implicit-A'), names)
    await lftp(open, `mirror --parallel=2 /incoming/Implicit-A ${source}-down`)
    await expectSame(source, `${source}-down`, names)
  })

  test.each([
    ['plain', 'set ftp:ssl-allow no'],
    ['TLS', 'set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ftp:ssl-protect-fxp yes'],
    [
      'TLS, the other side passive',
      'set ftp:ssl-force yes; set ftp:ssl-protect-fxp yes; set ftp:fxp-passive-source yes',
    ],
  ])('has one site send a release to another: %s', async (name, mode) => {
    const release = `Fxp-${name.replace(/\W+/g, '-')}`
    const { source, names } = await makeRelease(release)
    const [a, b] = [one, two].map(({ port }) => `ftp://ana:password@127.0.0.1:${port}`)
    await lftp('set ftp:ssl-allow no', `open ${a}`, `mirror -R ${source} /incoming/${release}`)
    // Without `use-fxp force` it would carry the bytes itself where the two do not agree.
    const fxp = `set ftp:use-fxp yes; set ftp:fxp-force yes; ${mode}`
    await lftp(fxp, `mirror ${a}/incoming/${release} ${b}/incoming/${release}`)
    await expectSame(source, two.sitePath('incoming', release), names)
  })
})

describe.skipIf(isMissing('curl'))('curl', () => {
  test('uploads, goes on with a download, where TLS comes first', async () => {
    const content = randomBytes(300_000)
    await writeFile(join(folder, 'up.bin'), content)
    const url = `ftps://ana:password@127.0.0.1:${one.tlsPort}/incoming/Curl-A/up.bin`
    const curl = (...words: string[]) =>
      run('curl', ['-sS', '--insecure', '--max-time', '20', ...words])
    await curl('--ftp-create-dirs', '-T', join(folder, 'up.bin'), url)
    await writeFile(join(folder, 'part.bin'), content.subarray(0, 100_000))
    await curl('-C', '-', '-o', join(folder, 'part.bin'), url)
    expect((await readFile(join(folder, 'part.bin'))).equals(content)).toBe(true)
  })
})

/** What it prints are JSON lines. */
const FTPLIB = `
import ftplib, io, json, ssl, sys
host, port, secure = "127.0.0.1", int(sys.argv[1]), sys.argv[2] == "TLS"
context = ssl._create_unverified_context()
ftp = ftplib.FTP_TLS(context=context) if secure else ftplib.FTP()
ftp.connect(host, port, timeout=20)
ftp.login("ana", "password")
if secure: ftp.prot_p()
ftp.mkd("/incoming/" + sys.argv[3])
ftp.cwd("/incoming/" + sys.argv[3])
content = bytes(range(256)) * 2000
ftp.storbinary("STOR a.bin", io.BytesIO(content))
got = bytearray()
ftp.retrbinary("RETR a.bin", got.extend, rest=1000)
tail = bytes(got) == content[1000:]
names = [name for name, facts in ftp.mlsd() if facts["type"] == "file"]
ftp.voidcmd("TYPE I")
size = ftp.size("a.bin")
data = ftp.transfercmd("STOR c.bin")
aborted = [ftp.abort()[:3], ftp.getmultiline()[:3]]
data.close()
ftp.rename("a.bin", "b.bin")
ftp.delete("b.bin")
print(json.dumps([tail, names, size, aborted, ftp.quit()[:3]]))
`

describe.skipIf(isMissing('python3'))("Python's ftplib", () => {
  test.each(['plain', 'TLS'])('%s', async (mode) => {
    const words = ['-c', FTPLIB, String(one.port), mode, `Python-${mode}`]
    const { stdout } = await run('python3', words, { timeout: 60_000 })
    const [tail, names, size, aborted, quit] = JSON.parse(stdout) as unknown[]
    expect([tail, names, size, quit]).toEqual([true, ['a.bin'], 512_000, '221'])
    expect(aborted).toEqual(['426', '226'])
  })
})
