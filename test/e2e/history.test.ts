import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { dataFolder } from '#infra/config/data-folder.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { ADMIN_PASSWORD, VezaProcess } from '#test/e2e/veza-process.ts'

let veza: VezaProcess
/** Positions of the facts that made ann's account. */
let ann: { readonly created: number; readonly last: number; readonly at: number }

beforeAll(async () => {
  veza = await VezaProcess.create()
  await veza.start()
  await veza.addMember('ann', 'velvet-compass-5')
  const facts = await audited('account-ann')
  ann = {
    created: facts[0]!.position,
    last: facts.at(-1)!.position,
    at: facts.at(-1)!.meta.at,
  }
})
afterAll(() => veza.dispose())

interface Line {
  readonly position: number
  readonly stream: string
  readonly type: string
  readonly meta: { readonly at: number }
}

async function audited(...words: string[]): Promise<Line[]> {
  const { stdout, code, stderr } = await veza.run('audit', ...words, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Line)
}

const typesOf = (lines: readonly Line[]) => lines.map(({ type }) => type)

describe('beside a running server', () => {
  test('audit answers any question, and all of them together', async () => {
    expect(typesOf(await audited('account-ann'))).toEqual([
      'account.created',
      'account.password-set',
    ])
    expect(typesOf(await audited('--type', 'account.cre*', '--text', '"name":"ann"'))).toEqual([
      'account.created',
    ])
    const limited = await audited('--kind', 'account', '--member', '-', '--limit', '1')
    expect(limited).toMatchObject([{ stream: 'account-ann', type: 'account.password-set' }])
    const around = ['--after', String(ann.created - 1), '--before', String(ann.created + 1)]
    expect(await audited(...around)).toMatchObject([{ position: ann.created }])
    expect(await audited('--from', '2999-01-01')).toEqual([])
    const table = await veza.run('audit', '--order', 'newest', '--limit', '2')
    expect(table.stdout.split('\n')[0]).toMatch(/#\s+position\s+when\s+stream\s+who\s+fact\s+data/)
    expect((await veza.run('audit', 'room-nobody')).code).toBe(1)
  })

  test('audit --follow goes on with what comes', async () => {
    const child = spawn(
      process.execPath,
      [
        new URL('../../main.ts', import.meta.url).pathname,
        '--data-dir',
        veza.dataDir,
        'audit',
        '--kind',
        'account',
        '--follow',
        '--json',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const seen: Line[] = []
    createInterface({ input: child.stdout }).on('line', (line) =>
      seen.push(JSON.parse(line) as Line),
    )
    await expect.poll(() => seen.at(-1)?.stream, { timeout: 30_000 }).toBe('account-ann')
    await veza.addMember('eve', 'amber-thistle-6')
    await expect.poll(() => seen.at(-1)?.stream, { timeout: 30_000 }).toBe('account-eve')
    expect(new Set(seen.map(({ position }) => position)).size).toBe(seen.length)
    child.kill('SIGINT')
    expect(await ended).toBe(0)
  })

  test('state and diff tell an actor as it was, and what made it so', async () => {
    const then = await veza.run('state', 'account-ann', '--at', `@${ann.created}`, '--json')
    expect(JSON.parse(then.stdout)).toMatchObject({ version: 0, context: { name: 'ann' } })
    const time = new Date(ann.at).toISOString()
    const now = await veza.run('state', 'account-ann', '--at', time, '--json')
    expect(JSON.parse(now.stdout)).toMatchObject({ version: 1, position: ann.last })
    const diff = await veza.run('diff', 'account-ann', '--from', '0')
    expect(diff.stdout).toMatch(/^--- account-ann at version 0[\s\S]*^\+ credential: "/m)
    expect(diff.stdout).toContain('account.password-set')
    const nobody = await veza.run('state', 'account-nobody')
    expect(nobody).toMatchObject({ code: 2, stderr: 'there is no history of account-nobody\n' })
  })

  test('replay makes the read models as of then in a place of its own', async () => {
    const before = String(ann.created - 1)
    const made = await veza.run('replay', '--to', before, '--out', 'veza_then', '--json')
    expect(made.code).toBe(0)
    expect(JSON.parse(made.stdout.trim().split('\n').at(-1)!)).toEqual({
      rebuilt: true,
      schema: 'veza_then',
      position: ann.created - 1,
    })
    const diff = await veza.run('replay', '--diff', before, String(ann.created))
    expect(diff).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^ {2}\+ \{"account":"ann"/m),
    })
    const time = new Date(ann.at).toISOString()
    const same = await veza.run('replay', '--diff', String(ann.last), time)
    expect(same.code).toBe(0)
    // The live ones were not touched, and can be made anew beside the server.
    expect((await veza.run('replay')).code).toBe(0)
    const member = () => veza.get('/api/v1/members/ann', `admin:${ADMIN_PASSWORD}`)
    expect((await member()).status).toBe(200)
    expect((await veza.run('replay', '--verify')).code).toBe(0)
    await veza.addMember('zoe', 'cobalt-anchor-2')
    await expect
      .poll(async () => (await veza.get('/api/v1/members/zoe', `admin:${ADMIN_PASSWORD}`)).status)
      .toBe(200)
  })

  test.each([
    [['replay', '--to', '3'], /--to needs --out/],
    [['replay', '--to', '3', '--out', 'public'], /no name for a schema/],
    [['replay', '--to', '3', '--verify', '--out', 'x'], /three different things/],
    [['replay', '--diff', '3'], /give both/],
  ])('%j is wrongly asked', async (words, why) => {
    expect(await veza.run(...words)).toMatchObject({ code: 2, stderr: expect.stringMatching(why) })
  })

  test('its figures tell of the read models', async () => {
    const figures = await (await veza.get('/metrics')).text()
    expect(figures).toMatch(/^veza_projection_state\{state="live"\} 1$/m)
    expect(figures).toMatch(/^veza_projection_rebuild_active 0$/m)
  })
})

test('a log that a newer veza has written to is refused, naming what is newer', async () => {
  await veza.stop()
  expect(await veza.run('audit', '--follow')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/nothing to follow/),
  })
  const log = createLmdbEventLog({ path: dataFolder(veza.dataDir).log, clock: systemClock })
  const ids = createUuidV7(systemClock)
  const append = async (stream: string, type: string, data: unknown) => {
    const id = ids.next()
    const origin = { by: null, connection: null, commandId: id, correlationId: id }
    const meta = { at: systemClock.now(), ...origin, causationId: null, schema: 1 }
    return (await log.append(stream, [{ id, type, data, meta }], 'any')).position
  }
  const schemas = { 'comet.seen': 1 }
  await append('catalogue-veza', 'catalogue.adopted', { schemas, throughPosition: 0 })
  const position = await append('comet-1', 'comet.seen', {})
  await log.close()
  for (const command of [
    ['start'],
    ['account', 'add', 'x', '--password-file', await password()],
    ['replay'],
  ]) {
    const refused = await veza.run(...command)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(
      `comet.seen, schema 1 (unknown here): 1, the first at position ${position}`,
    )
    expect(refused.stderr).not.toMatch(/^ +at /m)
  }
  expect(typesOf(await audited('--kind', 'comet'))).toEqual(['comet.seen'])
})

async function password(): Promise<string> {
  const file = `${veza.dataDir}/ann.password`
  expect(await readFile(file, 'utf8')).toContain('velvet')
  return file
}
