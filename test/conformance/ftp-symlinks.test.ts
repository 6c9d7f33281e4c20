import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { afterEach, beforeEach, expect, test } from 'vitest'

import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { createGate } from '#test/conformance/ftp-gate.ts'

const SECRET = 'what nobody may read'

let ftp: FtpFixture
let ana: FtpClient
let outside: string
let gate: ReturnType<typeof createGate>

/** A release with a directory, and what has the same names outside the site. */
beforeEach(async () => {
  gate = createGate()
  ftp = await startFtp({ wrapFiles: gate.wrapReads })
  await ftp.system.addMember({ name: 'ana' })
  ana = await ftp.login()
  for (const path of ['R', 'R/CD1']) await ana.say(`MKD /incoming/${path}`, '257')
  await ana.store('/incoming/R/CD1/a.bin', 'plain')
  outside = join(ftp.dataDir, 'outside')
  await mkdir(join(outside, 'CD1'), { recursive: true })
  await writeFile(join(outside, 'CD1/a.bin'), SECRET)
})
afterEach(async () => {
  gate.open()
  await ana.close()
  await ftp.stop()
})

const release = () => ftp.sitePath('incoming', 'R')
async function swap(): Promise<void> {
  await rename(release(), `${release()}.aside`)
  await symlink(outside, release())
}
async function swapBack(): Promise<void> {
  await rm(release())
  await rename(`${release()}.aside`, release())
}
async function expectOutsideUntouched(): Promise<void> {
  expect(await readdir(outside, { recursive: true })).toEqual(['CD1', 'CD1/a.bin'])
  expect(await readFile(join(outside, 'CD1/a.bin'), 'utf8')).toBe(SECRET)
}

test('a symlink that comes during an upload is not followed; its bytes wait until it is gone', async () => {
  const data = await ana.passive()
  await ana.say('STOR /incoming/R/CD1/b.bin', '150')
  data.write('half')
  while (!(await ana.say('STAT', '213')).includes(' 4 bytes'));
  await swap()
  data.end(' of it')
  await ana.expect('451 The file is accepted, but')
  await expectOutsideUntouched()
  await swapBack()
  await ftp.site.settle()
  expect(await readFile(join(release(), 'CD1/b.bin'), 'utf8')).toBe('half of it')
  expect((await ana.retrieve('RETR /incoming/R/CD1/b.bin')).content.toString()).toBe('half of it')
})

test('a download goes on with the file that it began with', async () => {
  gate.close()
  const data = await ana.passive()
  let text = ''
  data.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await ana.say('RETR /incoming/R/CD1/a.bin', '150')
  await gate.reached
  await swap()
  gate.open()
  await ana.expect('226')
  expect(text).toBe('plain')
  expect((await ana.retrieve('RETR /incoming/R/CD1/a.bin')).reply).toMatch(/^550/)
  await swapBack()
})

test.each([
  ['MKD /incoming/R/CD1/new', '451'],
  ['DELE /incoming/R/CD1/a.bin', '451'],
  ['RMD /incoming/R/CD1', '550'],
  ['XMD5 /incoming/R/CD1/a.bin', '550'],
])('%s does nothing behind a symlink', async (command, code) => {
  await swap()
  await ana.say(command, code)
  await expectOutsideUntouched()
})

test('a directory renamed by a member while it is a symlink stays outside of nothing', async () => {
  await swap()
  await ana.say('RNFR /incoming/R', '350')
  await ana.say('RNTO /incoming/S', '250')
  await expectOutsideUntouched()
  expect((await ana.retrieve('RETR /incoming/S/CD1/a.bin')).reply).toMatch(/^550/)
  expect(await ana.store('/incoming/S/CD1/b.bin', 'b')).toMatch(/^451/)
  await expectOutsideUntouched()
})

/** Swaps the directory for the symlink and back, as fast as it goes, until it is told to end. */
const SWAPPER = `
const { workerData, parentPort } = require('node:worker_threads')
const { renameSync, symlinkSync, unlinkSync } = require('node:fs')
const { folder, outside, stop } = workerData
let swaps = 0
do {
  renameSync(folder, folder + '.aside')
  symlinkSync(outside, folder)
  unlinkSync(folder)
  renameSync(folder + '.aside', folder)
  swaps++
} while (Atomics.load(stop, 0) === 0)
parentPort.postMessage(swaps)
`

test('nothing leaves the site while somebody swaps directories and symlinks all the time', async () => {
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const folder = join(release(), 'CD1')
  const workerData = { folder, outside: join(outside, 'CD1'), stop }
  const swapper = new Worker(SWAPPER, { eval: true, workerData })
  const swaps = new Promise<number>((resolve) => swapper.once('message', resolve))
  for (let n = 0; n < 150; n++) {
    const { content, reply } = await ana.retrieve('RETR /incoming/R/CD1/a.bin')
    expect(['226plain', '550']).toContain(`${reply.slice(0, 3)}${content.toString()}`)
  }
  Atomics.store(stop, 0, 1)
  expect(await swaps).toBeGreaterThan(0)
  await swapper.terminate()
  await expectOutsideUntouched()
})
