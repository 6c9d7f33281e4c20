import { createHash, randomBytes } from 'node:crypto'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { ESCAPES } from '#test/conformance/ftp-escapes.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

/** In each canary, and in nothing that a client says. */
const CONTENT = `what nobody may read ${randomBytes(12).toString('hex')} ${'x'.repeat(31_000)}`
/** Beside each canary; no spelling names it, so whoever hears of it has looked there. */
const NEIGHBOUR = `neighbour-${randomBytes(6).toString('hex')}`
const TELLING = [
  CONTENT.slice(0, 40),
  NEIGHBOUR,
  'root:x:0:0',
  String(CONTENT.length),
  crc32(CONTENT).toString(16).padStart(8, '0'),
  createHash('sha256').update(CONTENT).digest('hex'),
]

let system: TestSystem
let parent: string
let dataDir: string
let ftp: FtpFixture
let client: FtpClient
let before: Record<string, string>

beforeAll(async () => {
  system = await createTestSystem()
  parent = await mkdtemp(join(tmpdir(), 'veza-escapes-'))
  dataDir = join(parent, 'data')
  await mkdir(dataDir)
  for (const folder of [parent, dataDir]) {
    await writeFile(join(folder, 'beside.secret'), CONTENT)
    await writeFile(join(folder, NEIGHBOUR), CONTENT)
  }
  // Everything that a member may ever be let do: what refuses is not the policy.
  await system.addMember({ name: 'root', flags: '13ABCDEFGH' })
  ftp = await startFtp({ system, dataDir, limits: { badCommands: 1_000_000 } })
  client = await ftp.login('root')
  before = await outside()
})
afterAll(async () => {
  await client.close()
  await ftp.stop()
  await system.stop()
  await rm(parent, { recursive: true, force: true })
})

/** All that is beside the site and what is being uploaded to it, with its content. */
async function outside(): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const entry of await readdir(parent, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (path.startsWith(join(dataDir, 'site/')) || path.startsWith(join(dataDir, 'staging/')))
      continue
    found[path] = entry.isFile() ? await readFile(path, 'utf8') : 'no file'
  }
  return found
}

/** All replies and all data of a command. */
async function say(verb: string, spelling: string | Buffer, after = ''): Promise<string> {
  const line = [Buffer.from(`${verb} `), Buffer.from(spelling), Buffer.from(`${after}\r\n`)]
  client.write(Buffer.concat(line))
  const said = (await client.read())!
  tells(said, line)
  // Nobody foresaw it: that it led nowhere was luck. SITE commands may ask read models, which are
  // not here.
  if (!verb.startsWith('SITE')) expect(said).not.toContain('Something went wrong')
  return said
}

function tells(said: string, line: readonly Buffer[]): void {
  for (const secret of TELLING) {
    if (said.includes(secret)) throw new Error(`${JSON.stringify(String(line))} told: ${said}`)
  }
}

async function transfer(verb: string, spelling: string | Buffer): Promise<void> {
  const data = await client.passive()
  let text = ''
  data.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  const closed = new Promise((resolve) => data.once('close', resolve))
  const first = await say(verb, spelling)
  if (!first.startsWith('150')) return void data.destroy()
  const isUpload = verb === 'STOR' || verb === 'APPE'
  if (isUpload) data.end('brought')
  await client.read()
  data.destroy()
  await closed
  tells(text, [Buffer.from(verb), Buffer.from(spelling)])
}

const TRANSFERS = ['RETR', 'LIST', 'LIST -la', 'NLST', 'MLSD', 'STOR', 'APPE']
const ASKING = ['MLST', 'STAT', 'STAT -la', 'SIZE', 'MDTM', 'XCRC', 'HASH', 'PRET RETR']
  .concat('PRET STOR', 'MFMT 20200101000000', 'MFF Modify=20200101000000;', 'SITE WHY')
  .concat('SITE CHMOD 777', 'SITE UTIME', 'SITE SEARCH', 'SITE CDPATH', 'SITE RESCAN')
const CHANGING = ['DELE', 'RMD', 'MKD', 'XMKD', 'SITE NUKE', 'SITE WIPE -r', 'SITE PRE', 'SITE MSG']

test('there are more than a hundred spellings, no two alike', () => {
  const distinct = new Set(ESCAPES.map((spelling) => Buffer.from(spelling).toString('hex')))
  expect(distinct.size).toBe(ESCAPES.length)
  expect(ESCAPES.length).toBeGreaterThanOrEqual(100)
})

const named = ESCAPES.map((spelling) => {
  const text = typeof spelling === 'string' ? spelling : spelling.toString('latin1')
  return [JSON.stringify(text).slice(0, 60), spelling] as const
})

test.each(named)('%s leads nowhere', async (_, spelling) => {
  // What an earlier spelling has done within the site is of no matter.
  await client.say('MKD /incoming/R')
  await client.say('MKD /incoming/R/CD1')
  await client.store('/incoming/R/file.bin', 'content')
  await client.say('CWD /incoming/R', '250')

  for (const verb of TRANSFERS) await transfer(verb, spelling)
  for (const verb of ASKING) await say(verb, spelling)
  for (const verb of ['XCRC', 'XMD5', 'XSHA256']) await say(`${verb} "`, spelling, '" 0 10')

  const moved = await say('CWD', spelling)
  if (moved.startsWith('250')) {
    for (const verb of ['LIST', 'MLSD']) await transfer(verb, '')
    await transfer('RETR', 'beside.secret')
    await client.say('CWD /incoming/R', '250')
  }
  for (const file of ['file.bin', '/incoming/R']) {
    if ((await client.say(`RNFR ${file}`)).startsWith('350')) await say('RNTO', spelling)
  }
  if ((await say('RNFR', spelling)).startsWith('350')) await client.say('RNTO /incoming/R/got')
  await client.say('CWD /')
  for (const verb of CHANGING) await say(verb, spelling)

  expect(await outside()).toEqual(before)
})

test('nothing of the site itself is a way out', async () => {
  for (const name of await readdir(join(dataDir, 'site'), { recursive: true })) {
    const stat = await lstat(join(dataDir, 'site', name))
    expect(stat.isFile() || stat.isDirectory()).toBe(true)
  }
  expect(await readdir(join(dataDir, 'site'))).toEqual(['incoming'])
})
