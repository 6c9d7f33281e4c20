import { rm } from 'node:fs/promises'

import { afterEach, describe, expect, test } from 'vitest'

import {
  type Hooked,
  type HookedSite,
  recordedFacts,
  startHooked,
  until,
} from '#test/conformance/ftp-hooks.fixture.ts'

let site: Hooked
afterEach(() => site.stop())

const start = async (given: HookedSite) => (site = await startHooked(given))
const withHook = (body: string, more: HookedSite = {}) =>
  start({ ...more, hooks: { 'own.ts': hookFile(body), ...more.hooks } })
/** Handlers that say nothing of a budget have all the time that a busy machine may need. */
const hookFile = (body: string) => `
  import type { Hooks } from './veza-hooks.d.ts'
  export default (given: Hooks) => {
    const on: Hooks['on'] = (event, filter, handler, options) =>
      given.on(event, filter, handler, { budgetMs: 60_000, ...options })
    const hooks = { ...given, on }
    ${body}
  }
`

const store = (file = 'a.bin') => site.ana.store(`/incoming/R/${file}`, 'bytes')

describe('hooks', () => {
  test('let pass, veto, and consume what nobody else is asked then', async () => {
    await withHook(
      `hooks.on('upload.before', { paths: ['*.exe'] }, ({ member, section, path }) =>
         hooks.veto([member.name, member.groups, section, path].join(' ') + '\\nsecond'))
       hooks.on('upload.before', { paths: ['*.bin'] }, async () => 'consume')
       hooks.on('upload.before', {}, () => hooks.veto('by the next'))`,
      {
        hooks: { 'zz.ts': hookFile(`hooks.on('upload.before', {}, () => { throw 1 })`) },
        toml: '[[pre_check]]\npath = "absent"',
      },
    )
    expect(await store('x.EXE')).toBe('553-ana CREW incoming /incoming/R/x.EXE\n553 second')
    expect(await store('x.txt')).toBe('553 by the next')
    expect(await store('x.bin')).toMatch(/^226/)
    expect(site.hooks.health().ok).toBe(true)
  })

  test('a veto after the bytes deletes the file, and the race knows it', async () => {
    await withHook(
      `hooks.on('upload.after', {}, async ({ sizeBytes, crc32, stagedPath }) => {
         const { readFileSync } = await import('node:fs')
         return hooks.veto([sizeBytes, crc32, readFileSync(stagedPath)].join(' '))
       })`,
    )
    expect(await store()).toBe('550 5 b19943ce bytes')
    expect((await recordedFacts(site.system, 'race.file-rejected'))[0]?.data).toMatchObject({
      reason: 'refused-by-script',
      words: '5 b19943ce bytes',
    })
  })

  test('are asked of directories and commands, by what their filter says', async () => {
    await withHook(
      `hooks.on('directory.before', { sections: ['incoming'], groups: ['CREW'] },
         ({ release, path }) => hooks.veto(release + ' ' + path))
       hooks.on('command.before', { commands: ['SITE TIME'], members: ['ANA'] },
         ({ line, commands }) => hooks.veto(line + ' ' + commands))
       hooks.on('command.after', { commands: ['NOOP'] }, ({ line }) => hooks.veto('too late: ' + line))`,
    )
    const ben = await site.ftp.login('ben')
    expect(await site.ana.say('MKD /incoming/New')).toBe('550 New /incoming/New')
    expect(await ben.say('MKD /incoming/New')).toMatch(/^257/)
    expect(await site.ana.say('SITE TIME')).toBe('550 SITE TIME SITE TIME,SITE')
    expect(await ben.say('SITE TIME')).toMatch(/^200/)
    expect(await site.ana.say('NOOP')).toMatch(/^200-too late: NOOP\n200 /)
  })

  test('know neither where a member is nor what the server was started with', async () => {
    process.env['VEZA_MASTER_KEY'] = 'a secret of the server'
    await withHook(
      `hooks.on('upload.before', {}, (about) =>
         hooks.veto(JSON.stringify([about, process.env, process.argv.length])))`,
    )
    delete process.env['VEZA_MASTER_KEY']
    const reply = (await store()).replaceAll(/\n553\s+/g, '')
    expect(reply).toContain('"tagline":""')
    expect(reply).toMatch(/,\{\},\d\]/)
    expect(reply).not.toMatch(/127\.0\.0\.1|secret/)
  })

  test('hear of facts by their type', async () => {
    await withHook(
      `hooks.on('fact', { types: ['race.file-accepted'], members: ['ana'] }, ({ type, by, data }) => {
         hooks.log([type, by, data.file].join(' '))
       })
       hooks.on('fact', { types: ['race.started'] }, () => { throw new Error('what a fact') })`,
    )
    expect(await store()).toMatch(/^226/)
    await until(() => site.logged().includes('race.file-accepted ana a.bin'))
    await until(() => site.logged().includes('what a fact'))
  })
})

const FAILING = [
  ['throws', `() => { throw new Error('oh') }`, 'hook-threw'],
  ['rejects', `async () => { throw new Error('oh') }`, 'hook-threw'],
  ['hangs', `() => new Promise(() => {})`, 'hook-took-too-long'],
  ['spins', `() => { for (;;); }`, 'hook-took-too-long'],
  ['ends its thread', `() => process.exit(3)`, 'hook-crashed'],
  [
    'takes all memory',
    `() => { const all = []; for (;;) all.push(new Array(1e6).fill(all.length)) }`,
    'hook-crashed',
  ],
  ['answers nonsense', `() => ({ veto: 12 }) as never`, 'hook-answer-invalid'],
] as const

describe.each(FAILING)('a hook that %s', (_, handler, fault) => {
  test('is reported, and its policy says what happens', { timeout: 60_000 }, async () => {
    const budgetMs = fault === 'hook-took-too-long' ? 100 : 20_000
    const on = (onFailure: string, ending: string) =>
      `hooks.on('upload.before', { paths: ['*.${ending}'] }, ${handler},
         { budgetMs: ${budgetMs}, onFailure: '${onFailure}' })`
    await withHook(
      `${on('pass', 'pass')}; ${on('veto', 'veto')}
       hooks.on('upload.before', { paths: ['*.good'] }, () => hooks.veto('it works'))`,
      {
        times: { restartMs: 1 },
        hooks: { 'other.ts': hookFile(`hooks.on('directory.before', {}, () => 'pass')`) },
      },
    )
    const isBack = async () => (await store('a.good')) === '553 it works'
    expect(await store('a.pass')).toMatch(/^226/)
    await until(isBack)
    expect(await store('a.veto')).toBe('553 A hook of the site cannot say now whether this may be.')
    expect(site.logged()).toContain(`"fault":"${fault}"`)
    expect(await site.metric('veza_hooks_faults_total')).toContain(
      `{hook="own.ts",fault="${fault}"}`,
    )
    // The others are not touched by it, and it is begun again.
    expect(await site.ana.say('MKD /incoming/New')).toMatch(/^257/)
    await until(isBack)
    expect(site.hooks.health()).toEqual({ ok: true, failing: {} })
  })
})

test('what spins in a timer of its own is ended too', async () => {
  await withHook(
    `hooks.on('upload.before', {}, () => hooks.veto('first'))
     if (hooks.store.get('spun')) return
     hooks.store.set('spun', true)
     setTimeout(() => { for (;;); }, 20)`,
    { times: { restartMs: 1, listenMs: 100 } },
  )
  await until(() => site.logged().includes('hook-took-too-long'))
  await until(async () => (await store()) === '553 first')
})

test('what runs every second and fails is reported, and goes on', async () => {
  await withHook(
    `let count = 0
     hooks.every(1, () => { throw new Error('time number ' + ++count) })`,
  )
  await until(() => site.logged().includes('time number 2'))
  expect(site.hooks.health().failing).toEqual({ 'own.ts': 'hook-threw' })
})

describe('reading anew', () => {
  const vetoing = (words: string) =>
    hookFile(`hooks.on('upload.before', { paths: ['*.x'] }, () => hooks.veto('${words}'))`)

  test('a changed file counts at once; a broken one is reported, and the old one stays', async () => {
    await start({ hooks: { 'own.ts': vetoing('first') } })
    const { hooks } = site
    expect(await store('a.x')).toBe('553 first')
    await site.writeHook('own.ts', vetoing('second'))
    await until(async () => (await store('a.x')) === '553 second')
    for (const broken of [
      'export default (hooks) => { this is no program',
      'export const nothing = 1',
      hookFile(`hooks.on('no.such' as never, {}, () => {})`),
      hookFile(`hooks.on('upload.before', { paths: ['no/slash'] }, () => {})`),
      `throw new Error('at once')`,
    ]) {
      await site.writeHook('own.ts', broken)
      await hooks.reload()
      expect(hooks.health().failing).toEqual({ 'own.ts': 'hook-not-loaded' })
      expect(await store('a.x')).toBe('553 second')
      // That the old one works does not mean that the new one does.
      expect(hooks.health().failing).toEqual({ 'own.ts': 'hook-not-loaded' })
    }
    await site.writeHook('own.ts', vetoing('third'))
    await hooks.reload()
    expect(hooks.health().ok).toBe(true)
    expect(await store('a.x')).toBe('553 third')
  })

  test('a file that has never been good does not keep the server from starting', async () => {
    await start({ hooks: { 'own.ts': 'no program' } })
    expect(site.hooks.health().failing).toEqual({ 'own.ts': 'hook-not-loaded' })
    expect(await store('a.x')).toMatch(/^226/)
  })

  test('files that come and go, and hooks.toml', async () => {
    await start({})
    const { hooks } = site
    await site.writeHook('new.ts', vetoing('new'))
    await until(async () => (await store('a.x')) === '553 new')
    await rm(`${site.dataDir}/hooks/new.ts`)
    await until(() => !hooks.concerns('upload.before'))
    await site.writeScript('check', 'echo by script; exit 2')
    await site.writeToml('[[pre_check]]\npath = "check"')
    await until(() => hooks.concerns('upload.before'))
    expect(await store('a.x')).toBe('553 by script')
    await site.writeToml('[[pre_check]]\npath = ')
    await until(() => !hooks.health().ok)
    expect(hooks.health().failing).toEqual({ 'hooks.toml': 'hooks-file' })
    expect(await store('a.x')).toBe('553 by script')
    process.emit('SIGHUP')
    await site.writeToml('')
    await until(() => hooks.health().ok)
    expect(await store('b.x')).toMatch(/^226/)
  })

  test('what is under way is answered by the hook that was asked', async () => {
    await withHook(
      `hooks.on('upload.before', {}, () => new Promise((resolve) => {
         hooks.log('asked')
         setTimeout(() => resolve(hooks.veto('the old one')), 300)
       }))`,
    )
    const asked = store()
    await until(() => site.logged().includes('asked'))
    await site.writeHook('own.ts', vetoing('the new one'))
    await site.hooks.reload()
    expect(await asked).toBe('553 the old one')
    expect(await store('a.x')).toBe('553 the new one')
  })
})

test('values are kept while hooks come and go', async () => {
  const counting = `hooks.on('upload.before', {}, () => {
      const count = (hooks.store.get('count') as number ?? 0) + 1
      hooks.store.set('count', count)
      return hooks.veto('number ' + count)
    })`
  await withHook(counting)
  expect(await store()).toBe('553 number 1')
  expect(await store()).toBe('553 number 2')
  await site.writeHook('own.ts', `${hookFile(counting)}// changed`)
  await site.hooks.reload()
  expect(await store()).toBe('553 number 3')
  await site.hooks.stop()
  expect(JSON.parse(await site.read('hooks/store/own.ts.json'))).toEqual({ count: '3' })
})
