import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openClient } from '#test/conformance/ftp-client.ts'
import { isMissing } from '#test/e2e/programs.ts'
import { ADMIN_PASSWORD, VezaProcess } from '#test/e2e/veza-process.ts'

const UPLOADS = 20
/** Of each so much has come when the server dies; more than is kept from the disk at a time. */
const SENT = 1_500_000
const nameOf = (n: number) => `file.r${String(n).padStart(2, '0')}`
const contents = new Map(
  Array.from({ length: UPLOADS }, (_, n) => [nameOf(n), randomBytes(2_000_000 + n * 1_000)]),
)

let veza: VezaProcess
beforeAll(async () => {
  veza = await VezaProcess.create()
  await veza.start()
})
afterAll(() => veza.dispose())

async function logIn() {
  const client = await openClient(veza.ports.ftp)
  await client.expect('220')
  await client.say('USER admin', '331')
  await client.say(`PASS ${ADMIN_PASSWORD}`, '230')
  await client.say('TYPE I', '200')
  return client
}

const placed = (release: string, ...name: string[]) =>
  join(veza.dataDir, 'site', 'incoming', release, ...name)

test('kill -9 during 20 uploads at once: what was acknowledged is there, the rest goes on', async () => {
  const first = await logIn()
  await first.say('MKD /incoming/Killed-GRP', '257')
  const lines = [...contents].map(
    ([name, content]) => `${name} ${crc32(content).toString(16).padStart(8, '0')}`,
  )
  expect(await first.store('/incoming/Killed-GRP/a.sfv', lines.join('\n'))).toMatch(/^226/)
  const uploads = await Promise.all(
    [...contents].map(async ([name, content]) => {
      const client = await logIn()
      const data = await client.passive()
      await client.say(`STOR /incoming/Killed-GRP/${name}`, '150')
      data.write(content.subarray(0, SENT))
      while (!(await client.say('STAT', '213')).includes(` ${SENT} bytes`));
      return { name, content, client, data }
    }),
  )
  // Some are whole a moment before the end; one is killed while it says so.
  const acknowledged: string[] = []
  const ending = uploads.splice(0, 6)
  for (const { name, content, client, data } of ending.slice(0, 5)) {
    data.end(content.subarray(SENT))
    await client.expect('226')
    acknowledged.push(name)
  }
  ending[5]!.data.end(ending[5]!.content.subarray(SENT))
  await veza.kill()
  await Promise.all([...uploads, ...ending].map(({ client }) => client.close()))
  const left = [...ending.slice(5), ...uploads].map(({ data }: { data: Socket }) => data.destroy())
  expect(left).toHaveLength(UPLOADS - 5)

  await veza.start()
  const again = await logIn()
  await again.say('CWD /incoming/Killed-GRP', '250')
  let resumedBytes = 0
  for (const [name, content] of contents) {
    const isThere = (await again.say(`PRET STOR ${name}`)).startsWith('553')
    if (acknowledged.includes(name)) expect(isThere).toBe(true)
    if (isThere) continue
    const reply = await again.say(`SIZE ${name}`)
    const size = reply.startsWith('213') ? Number(reply.slice(4)) : 0
    expect(size).toBeLessThan(content.length)
    resumedBytes += size
    await again.say(`REST ${size}`, '350')
    expect(await again.store(name, content.subarray(size))).toMatch(/^226/)
  }
  // The disk had most of what had come: that need not be sent again.
  expect(resumedBytes).toBeGreaterThan(((UPLOADS - 6) * SENT) / 2)
  for (const [name, content] of contents) {
    expect((await readFile(placed('Killed-GRP', name))).equals(content)).toBe(true)
  }
  expect((await again.list('NLST')).join(' ')).toContain(`${UPLOADS}F - COMPLETE`)
  expect(await readdir(join(veza.dataDir, 'staging'))).toEqual([])
  expect((await veza.run('replay', '--verify')).stdout).toMatch(/row for row/)
  await again.close()
})

describe.skipIf(isMissing('curl'))('curl, killed in the middle of an upload', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veza-killed-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.each([
    ['plain', []],
    ['over TLS', ['--ssl-reqd', '--insecure']],
  ])('%s: nothing is accepted, and curl goes on with it', async (name, mode) => {
    const release = `Curl-${name.replace(/\W/g, '')}`
    const content = randomBytes(8_000_000)
    const local = join(folder, `${release}.bin`)
    await writeFile(local, content)
    const url = `ftp://admin:${ADMIN_PASSWORD}@127.0.0.1:${veza.ports.ftp}/incoming/${release}/up.bin`
    const words = ['-sS', '--ftp-create-dirs', '--max-time', '60', ...mode, '-T', local]
    const curl = spawn('curl', [...words, '--limit-rate', '4M', url])
    const staging = join(veza.dataDir, 'staging')
    const stagedBytes = async () => {
      const part = (await readdir(staging)).find((file) => file.endsWith('.part'))
      return part === undefined ? 0 : (await stat(join(staging, part))).size
    }
    while ((await stagedBytes()) < 1_000_000);
    const ended = new Promise((resolve) => curl.once('exit', resolve))
    curl.kill('SIGKILL')
    await ended

    const client = await logIn()
    // The upload may be resumed when the server knows that it has been left.
    let size = ''
    while (!size.startsWith('213')) size = await client.say(`SIZE /incoming/${release}/up.bin`)
    expect(Number(size.slice(4))).toBeLessThan(content.length)
    expect(await readdir(placed(release))).toEqual([])
    await client.close()
    await promisify(execFile)('curl', [...words, '-C', '-', url])
    expect((await readFile(placed(release, 'up.bin'))).equals(content)).toBe(true)
  })
})
