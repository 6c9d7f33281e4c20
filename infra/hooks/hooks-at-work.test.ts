import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test } from 'vitest'

import type { EventBus } from '#events/event-bus.ts'
import type { Fact } from '#events/fact.ts'
import type { HookMember, HookMoment } from '#events/hooks.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { startHookThread } from '#infra/hooks/hook-thread.ts'
import { type OpenedHooks, openHooks } from '#infra/hooks/open-hooks.ts'

let dataDir: string
let hooks: OpenedHooks | undefined
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'veza-hooks-'))
  await mkdir(join(dataDir, 'hooks'))
})
afterEach(async () => {
  await hooks?.stop()
  hooks = undefined
  await rm(dataDir, { recursive: true })
})

const open = async (restartMs = 1) =>
  (hooks = await openHooks({
    dataDir,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    registry: new Registry(),
    siteCommands: new Set(['WHO']),
    assertPattern: () => {},
    matches: () => true,
    restartMs,
  }))
const writeHook = (body: string) =>
  writeFile(join(dataDir, 'hooks', 'own.ts'), `export default (hooks) => { ${body} }`)
const writeToml = (text: string) => writeFile(join(dataDir, 'hooks.toml'), text)
const read = (name: string) => readFile(join(dataDir, name), 'utf8').catch(() => '')

const ANA: HookMember = {
  id: 'ana',
  name: 'ana',
  group: 'CREW',
  groups: ['CREW'],
  flags: '3',
  tagline: '',
  ratio: 3,
  address: undefined,
  ident: undefined,
  speedKib: 0,
}
const UPLOAD: HookMoment = {
  event: 'upload.before',
  section: 'incoming',
  release: 'R',
  path: '/incoming/R/a.bin',
  offsetBytes: 0,
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}

test('a script that waits for its turn is not begun once the server stops', async () => {
  const script = join(dataDir, 'slow')
  await writeFile(script, `#!/bin/sh\necho x >> ${dataDir}/begun\nsleep 60\n`)
  await chmod(script, 0o755)
  await writeToml('[[pre_check]]\npath = "slow"\nat_once = 1\n')
  const { ask, stop } = await open()
  const asked = [1, 2, 3].map(() => ask(UPLOAD, ANA))
  await until(async () => (await read('begun')) !== '')
  await stop()
  await Promise.all(asked)
  expect(await read('begun')).toBe('x\n')
})

test('a script that hooks.toml names no more is no fault any more', async () => {
  await writeToml('[[pre_check]]\npath = "absent"\n[[pre_check]]\npath = "other"\n')
  const { ask, health, reload } = await open()
  await ask(UPLOAD, ANA)
  expect(Object.keys(health().failing)).toEqual(['pre_check absent', 'pre_check other'])
  await writeToml('[[pre_check]]\npath = "other"\n')
  await reload()
  expect(Object.keys(health().failing)).toEqual(['pre_check other'])
})

test('a version that comes between two handlers is asked from its beginning', async () => {
  await writeHook(`
    const { existsSync } = process.getBuiltinModule('node:fs')
    hooks.on('upload.before', {}, () => new Promise((resolve) => {
      hooks.store.set('asked', true)
      setInterval(() => existsSync('${dataDir}/go') && resolve('pass'), 5)
    }), { budgetMs: 60000 })
    hooks.on('upload.before', {}, () => hooks.veto('the old one'), { budgetMs: 60000 })`)
  const { ask, reload } = await open()
  const asked = ask(UPLOAD, ANA)
  await until(async () => (await read('hooks/store/own.ts.json')) !== '')
  await writeHook(`hooks.on('upload.before', {}, () => hooks.veto('the new one'))`)
  await reload()
  await writeFile(join(dataDir, 'go'), '')
  expect(await asked).toMatchObject({ isVetoed: true, lines: ['the new one'] })
})

test('one that has only timers is begun again until it can be', async () => {
  await writeHook(`
    const { appendFileSync, existsSync, readFileSync } = process.getBuiltinModule('node:fs')
    appendFileSync('${dataDir}/loads', 'x')
    const loads = readFileSync('${dataDir}/loads', 'utf8').length
    if (loads === 2) throw new Error('not now')
    hooks.every(60, () => {})
    if (loads === 1) setTimeout(() => process.exit(1), 10)`)
  const { health } = await open()
  await until(async () => (await read('loads')).length >= 3)
  await until(() => health().ok)
})

test('nothing is read of a folder that everybody can write', async () => {
  await writeHook(`hooks.on('upload.before', {}, () => 'pass')`)
  await chmod(join(dataDir, 'hooks'), 0o777)
  const { concerns, health, reload } = await open()
  expect(concerns('upload.before')).toBe(false)
  expect(Object.values(health().failing)).toEqual(['hook-not-loaded'])
  await chmod(join(dataDir, 'hooks'), 0o700)
  await reload()
  expect(concerns('upload.before')).toBe(true)
  expect(health().ok).toBe(true)
})

test('a file that could not be read for a while is no fault once it can, though it is the same', async () => {
  await writeHook(`hooks.on('upload.before', {}, () => ({ veto: 'no' }))`)
  const { ask, health, reload } = await open()
  const file = join(dataDir, 'hooks', 'own.ts')
  await chmod(file, 0o666)
  await reload()
  expect(await ask(UPLOAD, ANA)).toMatchObject({ isVetoed: true })
  expect(health().failing).toEqual({ 'own.ts': 'hook-not-loaded' })
  await chmod(file, 0o644)
  await reload()
  expect(health()).toEqual({ ok: true, failing: {} })
  expect(await ask(UPLOAD, ANA)).toMatchObject({ isVetoed: true })
})

test('a named pipe keeps nobody waiting', async () => {
  execFileSync('mkfifo', [join(dataDir, 'hooks', 'pipe.ts')])
  const { health, stop } = await open()
  expect(health().failing).toEqual({ 'pipe.ts': 'hook-not-loaded' })
  await stop()
  execFileSync('mkfifo', [join(dataDir, 'hooks.toml')])
  await expect(open()).rejects.toMatchObject({ code: 'hooks-unreadable' })
})

test('a thread of which too much is asked is still watched', async () => {
  await writeHook(`
    const { existsSync } = process.getBuiltinModule('node:fs')
    hooks.on('upload.before', {}, () => new Promise(() => {}), { budgetMs: 60000 })
    setInterval(() => { if (existsSync('${dataDir}/spin')) for (;;); }, 5)`)
  const listenMs = 1_001
  let watched = 0
  const ended = Promise.withResolvers<string>()
  const thread = await startHookThread({
    clock: {
      now: () => systemClock.now(),
      after(ms, act) {
        if (ms === listenMs) watched++
        return systemClock.after(ms, act)
      },
    },
    file: join(dataDir, 'hooks', 'own.ts'),
    stored: [],
    loadMs: 10_000,
    listenMs,
    heard: () => {},
    ended: ({ code }) => ended.resolve(code),
  })
  const answers = Array.from({ length: 1_001 }, () => thread.ask(0, UPLOAD))
  const settled = Promise.allSettled(answers)
  await expect(answers.at(-1)).rejects.toMatchObject({ code: 'hook-overloaded' })
  await until(() => watched >= 3)
  await writeFile(join(dataDir, 'spin'), '')
  expect(await ended.promise).toBe('hook-took-too-long')
  await settled
})

test('a burst of facts is told bit by bit, and keeps nobody else waiting', async () => {
  await writeHook(`
    let count = 0
    hooks.on('fact', {}, () => {
      const end = performance.now() + 5
      while (performance.now() < end) {}
      if (++count === 400) hooks.store.set('heard', count)
    })
    hooks.on('upload.before', {}, () => hooks.veto('number ' + count))`)
  const { ask, followFacts, health } = await open()
  let tell: (fact: Fact) => unknown = () => {}
  const bus: Pick<EventBus, 'subscribe'> = {
    async subscribe(_, listener) {
      tell = listener
      return { stop: async () => {} }
    },
  }
  await followFacts(bus as EventBus)
  const fact = { type: 'race.created', stream: 'race-1', data: {}, meta: { at: 0, by: null } }
  for (let position = 0; position < 400; position++) tell({ ...fact, position } as Fact)
  const { lines } = await ask(UPLOAD, ANA)
  expect(Number(lines[0]?.split(' ')[1])).toBeLessThan(100)
  await until(async () => (await read('hooks/store/own.ts.json')) !== '')
  expect(health()).toEqual({ ok: true, failing: {} })
})
