import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { isMissing } from '#test/e2e/programs.ts'
import { VezaProcess } from '#test/e2e/veza-process.ts'

const main = new URL('../../main.ts', import.meta.url).pathname

describe('the tools for the log, as a siteop uses them', () => {
  let veza: VezaProcess
  const file = (name: string) => join(veza.dataDir, name)
  beforeAll(async () => {
    veza = await VezaProcess.create()
    await veza.start()
  })
  afterAll(() => veza.dispose())

  test('prove, sign, count and copy the log beside the running server', async () => {
    expect(await veza.run('log', 'keygen', file('key'))).toMatchObject({ code: 0 })
    const signed = await veza.run('log', 'verify', '--sign', file('key'), '--out', file('point'))
    expect(signed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^whole up to/) })
    await veza.addMember('bob', 'marble-orchard-8')
    const checking = ['log', 'verify', '--check', file('point'), '--key', file('key.pub')]
    expect((await veza.run(...checking)).stdout).toMatch(/history up to position \d+ is as on/)
    const { stdout } = await veza.run('log', 'stats', '--json')
    const stats = JSON.parse(stdout) as { records: number; end: { position: number } }
    expect(stats.records).toBe(stats.end.position)
    expect(await veza.run('log', 'backup', file('backup'))).toMatchObject({ code: 0 })

    for (const refused of [
      ['log', 'compact'],
      ['log', 'restore', file('backup'), '--force'],
    ]) {
      const { code, stderr } = await veza.run(...refused)
      expect(code).toBe(2)
      expect(stderr).toMatch(/a server runs already with this data folder/)
    }
    expect((await veza.run('log', 'verify', '--sign', file('key'))).code).toBe(2)
  })

  test('move the log by a pipe, compact it, and the server goes on with it', async () => {
    const bash = promisify(execFile)
    const other = join(veza.dataDir, 'other')
    const command = (folder: string, rest: string) =>
      `${process.execPath} ${main} --data-dir ${folder} log ${rest}`
    const pipe = `${command(veza.dataDir, 'export')} | ${command(other, 'import -')}`
    expect((await bash('bash', ['-o', 'pipefail', '-c', pipe])).stdout).toMatch(/are new/)
    const head = `${command(veza.dataDir, 'export')} | head -1`
    expect((await bash('bash', ['-o', 'pipefail', '-c', head])).stdout).toMatch(/"veza":"log"/)

    expect(await veza.stop()).toBe(0)
    expect(await veza.run('log', 'compact')).toMatchObject({ code: 0 })
    const checking = ['log', 'verify', '--check', file('point'), '--key', file('key.pub')]
    expect(await veza.run(...checking)).toMatchObject({ code: 0 })
    await veza.start()
    expect((await veza.get('/readyz')).status).toBe(200)
    expect((await veza.run('audit', 'account-bob')).stdout).toMatch(/account\./)
    expect(await veza.stop()).toBe(0)
  })

  test.skipIf(isMissing('prlimit'))('find the chain whole after a disk was full', async () => {
    await veza.stop()
    await veza.start()
    const limit = (bytes: string) =>
      promisify(execFile)('prlimit', ['--pid', String(veza.pid), `--fsize=${bytes}:unlimited`])
    const { size } = await stat(join(veza.dataDir, 'log', 'data.mdb'))
    await limit(String(size))
    const add = (name: string) => veza.addMember(name, 'walnut-ferry-4').catch((e: Error) => e)
    let refused: Error | void = undefined
    for (let n = 0; !refused; n++) refused = await add(`full${n}`)
    expect(refused.message).toMatch(/Nothing can be recorded now/)
    await limit('unlimited')
    while ((await veza.get('/readyz')).status !== 200);
    expect(await add('roomy')).toBeUndefined()
    expect(await veza.run('log', 'verify')).toMatchObject({ code: 0 })
    expect(await veza.stop()).toBe(0)
    expect(await veza.run('log', 'verify')).toMatchObject({ code: 0 })
  })

  test('say where a log is damaged, and end with 3', async () => {
    const path = join(veza.dataDir, 'log', 'data.mdb')
    const bytes = await readFile(path)
    let at = -1
    let code = 0
    // The newest copy of the page is the one that is read.
    for (
      at = bytes.lastIndexOf('account.');
      at > 0 && code === 0;
      at = bytes.lastIndexOf('account.', at - 1)
    ) {
      bytes[at + 3]! ^= 1
      await writeFile(path, bytes)
      const outcome = await veza.run('log', 'verify')
      code = outcome.code
      if (code !== 0) expect(outcome.stderr).toMatch(/damaged at position \d+: its checksum/)
    }
    expect(code).toBe(3)
  })
})
