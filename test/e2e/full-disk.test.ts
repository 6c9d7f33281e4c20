import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openClient } from '#test/conformance/ftp-client.ts'
import { isMissing } from '#test/e2e/programs.ts'
import { ADMIN_PASSWORD, VezaProcess } from '#test/e2e/veza-process.ts'

const run = promisify(execFile)
const RELEASE = '/incoming/Full-GRP'

/** The kernel refuses to let any file of the server grow beyond this: as on a full disk. */
async function limitFiles(pid: number, bytes: number | 'unlimited'): Promise<void> {
  await run('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])
}

describe.skipIf(isMissing('prlimit'))('a full disk', () => {
  let veza: VezaProcess
  let client: Awaited<ReturnType<typeof openClient>>
  let logBytes: number

  beforeAll(async () => {
    veza = await VezaProcess.create()
    await veza.start()
    client = await openClient(veza.ports.ftp)
    await client.expect('220')
    await client.say('USER admin', '331')
    await client.say(`PASS ${ADMIN_PASSWORD}`, '230')
    await client.say('TYPE I', '200')
    await client.say(`MKD ${RELEASE}`, '257')
    logBytes = (await stat(join(veza.dataDir, 'log', 'data.mdb'))).size
  })
  afterAll(async () => {
    await limitFiles(veza.pid, 'unlimited').catch(() => {})
    await veza.dispose()
  })

  test('fails an upload with a clear reply, and nothing half-written is listed', async () => {
    await limitFiles(veza.pid, logBytes + 1_000_000)
    const reply = await client.store(`${RELEASE}/large`, Buffer.alloc(logBytes + 2_000_000, 1))
    expect(reply).toMatch(/^452 .*(space|full|large)/i)
    expect(await readdir(join(veza.dataDir, 'staging'))).toEqual([])
    expect(await client.say('SIZE /incoming/Full-GRP/large')).toMatch(/^550/)
    expect((await veza.get('/readyz')).status).toBe(200)
    await limitFiles(veza.pid, 'unlimited')
    expect(await client.store(`${RELEASE}/large`, Buffer.alloc(2_000_000, 1))).toMatch(/^226/)
  })

  test('stops taking commands when the log cannot grow, says so, and goes on when it can', async () => {
    const { size } = await stat(join(veza.dataDir, 'log', 'data.mdb'))
    await limitFiles(veza.pid, size + 64 * 1024)
    let made = 0
    let refused = ''
    while (refused === '') {
      const reply = await client.say(`MKD ${RELEASE}/d${made}`)
      if (reply.startsWith('257')) made++
      else refused = reply
    }
    expect(refused).toMatch(/^4\d\d /)
    expect(made).toBeGreaterThan(0)
    const away = await veza.get('/readyz')
    expect(away.status).toBe(503)
    expect(await away.json()).toMatchObject({
      parts: { log: { ok: false, detail: expect.stringMatching(/cannot be written/) } },
    })
    expect((await veza.get('/healthz')).status).toBe(200)
    expect(await client.say('PWD')).toMatch(/^257/)

    await limitFiles(veza.pid, 'unlimited')
    while ((await veza.get('/readyz')).status !== 200);
    expect(await client.say(`MKD ${RELEASE}/d${made}`)).toMatch(/^257/)
    expect(await client.say(`MKD ${RELEASE}/d${made - 1}`)).toMatch(/^550 .*exists/i)
    expect((await veza.run('replay', '--verify')).stdout).toMatch(/row for row/)
  })
})
