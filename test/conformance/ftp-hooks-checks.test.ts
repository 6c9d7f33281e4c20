import { existsSync, readFileSync } from 'node:fs'

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

const check = (kind: string, rest = '') => `[[${kind}]]\npath = "check"\n${rest}\n`

/** The exit code of a script as a pre_check or pre_dir_check: whether it goes through. */
const PRE_CODES = [
  [0, true],
  [1, false],
  [2, false],
  [3, false],
  [126, false],
  // The shell's word for "no such program": the script is at fault, and its policy says `pass`.
  [127, true],
  [255, false],
] as const

describe.each(PRE_CODES)('exit %i before', (code, isLet) => {
  test(`an upload and a directory: ${isLet ? 'goes on' : 'refused'}`, async () => {
    const { ana } = await start({
      toml: check('pre_check') + check('pre_dir_check'),
      scripts: { check: `echo "no $1 in $2"; echo second; exit ${code}` },
    })
    const stored = await ana.store('/incoming/R/a.bin', 'bytes')
    const made = await ana.say('MKD /incoming/New-Release')
    if (isLet) {
      expect(stored).toMatch(/^226/)
      expect(made).toMatch(/^257/)
    } else {
      expect(stored).toBe('553-no a.bin in /incoming/R\n553 second')
      expect(made).toBe('550-no New-Release in /incoming\n550 second')
      expect(await recordedFacts(site.system, 'race.upload-started')).toEqual([])
    }
    expect(Object.values(site.hooks.health().failing)).toEqual(
      code === 127 ? ['script-fault', 'script-fault'] : [],
    )
  })
})

/** The same after it: glFTPd keeps the file at 1 and 127, and deletes it above 1. */
const POST_CODES = [
  [0, true, []],
  [1, true, ['script-fault']],
  [2, false, []],
  [44, false, []],
  [126, false, []],
  [127, true, ['script-fault']],
] as const

describe.each(POST_CODES)('exit %i after', (code, isKept, faults) => {
  test(`an upload: the file is ${isKept ? 'kept' : 'deleted, without credits'}`, async () => {
    const { ana, ftp, system } = await start({
      toml: check('post_check'),
      scripts: { check: `echo "$1 $2 $3"; cat "$VEZA_FILE"; exit ${code}` },
    })
    const reply = await ana.store('/incoming/R/a.bin', 'bytes')
    const isThere = existsSync(ftp.sitePath('incoming', 'R', 'a.bin'))
    const accepted = await recordedFacts(system, 'race.file-accepted')
    const rejected = await recordedFacts(system, 'race.file-rejected')
    expect(isThere).toBe(isKept)
    if (isKept) {
      expect(accepted).toHaveLength(1)
      // By glFTPd's rules the script that is at fault has said nothing.
      const said = code === 0 ? '226-a.bin /incoming/R B19943CE\nbytes\n226 ' : '226 '
      expect(reply.startsWith(said)).toBe(true)
    } else {
      expect(reply).toBe('550 a.bin /incoming/R B19943CE bytes')
      expect(accepted).toEqual([])
      expect(rejected[0]?.data).toMatchObject({ file: 'a.bin', reason: 'refused-by-script' })
      expect(await ana.list('NLST /incoming/R')).not.toContain('a.bin')
      // Nothing is in the way of a better one.
      await site.writeScript('check', 'exit 0')
      expect(await ana.store('/incoming/R/a.bin', 'better')).toMatch(/^226/)
    }
    expect(await ftp.files.staged()).toEqual([])
    expect(Object.values(site.hooks.health().failing)).toEqual(faults)
  })
})

describe('a script that cannot say', () => {
  const FAILING = [
    ['is not there', undefined, 'script-not-started'],
    ['is no program', '#!/no/such/interpreter\n', 'script-not-started'],
    ['never ends', 'while :; do :; done', 'script-timed-out'],
    ['does not listen to SIGTERM', 'trap "" TERM; while :; do :; done', 'script-timed-out'],
    ['kills itself', 'kill -9 $$', 'script-killed'],
  ] as const

  test.each(FAILING)('because it %s', async (_, text, fault) => {
    const seconds = fault === 'script-timed-out' ? 0.3 : 60
    const rest = `time_limit_seconds = ${seconds}\non_failure = `
    const { ana, hooks } = await start({
      toml:
        check('pre_check', `${rest}"veto"\nsections = ["incoming"]`) +
        check('post_check', `${rest}"pass"`),
      ...(text !== undefined && { scripts: { check: text } }),
    })
    expect(await ana.store('/incoming/R/a.bin', 'bytes')).toBe(
      '553 A script of the site refuses that.',
    )
    expect(hooks.health()).toEqual({ ok: false, failing: { 'pre_check check': fault } })
    expect(await site.metric('veza_hooks_faults_total')).toContain(
      `{hook="pre_check check",fault="${fault}"} 1`,
    )
    // The same with `pass`, and after the bytes.
    await site.writeToml(check('pre_check', `${rest}"pass"`) + check('post_check', `${rest}"pass"`))
    await hooks.reload()
    expect(await ana.store('/incoming/R/a.bin', 'bytes')).toMatch(/^226/)
    expect(hooks.health().failing).toEqual({
      'pre_check check': fault,
      'post_check check': fault,
    })
    // It works again: nothing is left of that.
    await site.writeScript('check', 'exit 0')
    await site.writeToml(check('pre_check') + check('post_check'))
    await hooks.reload()
    expect(await ana.store('/incoming/R/b.bin', 'bytes')).toMatch(/^226/)
    expect(hooks.health()).toEqual({ ok: true, failing: {} })
  })

  test('leaves no process behind', async () => {
    const { ana } = await start({
      toml: check('pre_check', 'time_limit_seconds = 3'),
      scripts: { check: `sh -c 'trap "" TERM; echo $$ > child; while :; do sleep 0.05; done'` },
    })
    expect(await ana.store('/incoming/R/a.bin', 'bytes')).toMatch(/^226/)
    const child = Number(await site.read('hooks/work/child'))
    await until(() => !isRunning(child))
  })

  test('is not waited for by what it leaves running in the background', async () => {
    const { ana } = await start({
      toml: check('pre_check', 'time_limit_seconds = 30'),
      scripts: { check: 'echo $$ > own; sleep 25 & echo no; exit 2' },
    })
    expect(await ana.store('/incoming/R/a.bin', 'bytes')).toBe('553 no')
    process.kill(-Number(await site.read('hooks/work/own')), 'SIGKILL')
  })
})

/** A dead process whom nobody has asked how it ended still has its number. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw cause
  }
}

test('of what a script writes so much is shown, and its control characters are not', async () => {
  const { ana } = await start({
    toml: check('pre_check', 'output_kib = 1'),
    scripts: { check: `printf 'a\\033[2Jb\\n'; yes 0123456789 | head -n 5000; exit 2` },
  })
  const reply = await ana.store('/incoming/R/a.bin', 'bytes')
  expect(reply).toMatch(/^553-a\?\[2Jb\n/)
  expect(reply).toMatch(/\n553 \(there was more\)$/)
  expect(reply.length).toBeLessThan(1_500)
})

test('scripts are asked where the file says, one after another until one refuses', async () => {
  const { ana } = await start({
    toml: `
      [[pre_check]]
      path = "first"
      [[pre_check]]
      path = "second"
      paths = ["*.EXE"]
      [[pre_check]]
      path = "third"
      sections = ["games"]
      [[pre_check]]
      path = "third"
      paths = ["/incoming/R/x*"]`,
    scripts: {
      first: 'echo 1 >> asked',
      second: 'echo 2 >> asked; exit 9',
      third: 'echo 3 >> asked; exit 9',
    },
  })
  expect(await ana.store('/incoming/R/a.bin', 'bytes')).toMatch(/^226/)
  expect(await ana.store('/incoming/R/x.exe', 'bytes')).toBe(
    '553 A script of the site refuses that.',
  )
  expect(await ana.store('/incoming/R/x.bin', 'bytes')).toMatch(/^553/)
  expect(await site.read('hooks/work/asked')).toBe('1\n1\n2\n1\n3\n')
})

test('scripts of which one may run at a time wait for each other', async () => {
  const { ftp } = await start({
    toml: check('pre_check', 'at_once = 1'),
    scripts: { check: 'mkdir lock || exit 9; echo "$1" >> asked; sleep 0.05; rmdir lock' },
  })
  const clients = await Promise.all(['ana', 'ben', 'root', 'ana'].map((name) => ftp.login(name)))
  const replies = await Promise.all(
    clients.map((client, index) => client.store(`/incoming/R/${index}.bin`, 'bytes')),
  )
  for (const reply of replies) expect(reply).toMatch(/^226/)
  expect((await site.read('hooks/work/asked')).trim().split('\n')).toHaveLength(4)
})

test('who may not bring anything somewhere hears nothing of a script either', async () => {
  const { ana } = await start({
    toml: check('pre_check') + check('pre_dir_check'),
    scripts: { check: 'echo asked >> asked; exit 2' },
  })
  expect(await ana.say('MKD /private/New')).toMatch(/^550/)
  expect(await ana.store('/incoming/Absent/a.bin', 'x')).toMatch(/^55\d .*No such file/)
  expect(await ana.say('MKD /incoming/R')).toMatch(/^550.*already exists/)
  await expect(site.read('hooks/work/asked')).rejects.toThrow('ENOENT')
})
