import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { NO_HOOKS_FILE, parseHooksFile, readHooksFile } from '#infra/hooks/hooks-file.ts'

const rules = {
  siteCommands: new Set(['WHO', 'NUKE']),
  assertPattern(pattern: string) {
    if (!pattern.startsWith('/')) throw new Error('a pattern begins with "/"')
  },
}

const TEXT = 'name = "RULES"\nkind = "TEXT"\npath = "rules.txt"\nhelp = "rules"'

/** What is wrong, and what is said of it. */
const WRONG = [
  ['[[pre_check]', 'hooks-not-toml', 'hooks.toml is not TOML'],
  ['[[pre_check]]', 'hooks-invalid', 'pre_check[0].path: '],
  [
    '[[post_check]]\npath = "a"\nlimit = 1',
    'hooks-invalid',
    'post_check[0]: Unrecognized key: "limit"',
  ],
  ['[[no_check]]\npath = "a"', 'hooks-invalid', 'Unrecognized key: "no_check"'],
  ['[[pre_check]]\npath = "a"\npaths = ["x"]', 'hooks-invalid', 'pre_check[0].paths: x: a pattern'],
  ['[[pre_check]]\npath = "a"\non_failure = "maybe"', 'hooks-invalid', 'pre_check[0].on_failure'],
  ['[[pre_check]]\npath = "a"\ntime_limit_seconds = 0', 'hooks-invalid', 'pre_check[0].time_limit'],
  [
    '[[cscript]]\ncommand = "nuke"\nwhen = "pre"\npath = "a"',
    'hooks-invalid',
    'as DELE or SITE NUKE',
  ],
  [
    '[[cscript]]\ncommand = "PASS"\nwhen = "pre"\npath = "a"',
    'hooks-invalid',
    'cscript[0].command',
  ],
  ['[[cscript]]\ncommand = "DELE"\nwhen = "now"\npath = "a"', 'hooks-invalid', 'cscript[0].when'],
  [`[[site_cmd]]\n${TEXT.replace('RULES', 'WHO')}`, 'hooks-invalid', 'SITE WHO is there already'],
  [
    `[[site_cmd]]\n${TEXT}\n[[site_cmd]]\n${TEXT}`,
    'hooks-invalid',
    'site_cmd[1].name: RULES is there twice',
  ],
  [`[[site_cmd]]\n${TEXT.replace('TEXT', 'IS')}`, 'hooks-invalid', 'there is no SITE RULES.TXT'],
  [`[[site_cmd]]\n${TEXT.replace('"rules"', '"rules."')}`, 'hooks-invalid', 'site_cmd[0].help'],
] as const

test.each(WRONG)('%j', (text, code, words) => {
  let cause: unknown
  try {
    parseHooksFile(text, 'hooks.toml', rules)
  } catch (thrown) {
    cause = thrown
  }
  expect(cause).toMatchObject({ code, message: expect.stringContaining(words) })
})

test('a path that is not absolute starts from where the file is', () => {
  const text = `[[pre_check]]\npath = "bin/a"\n[[post_check]]\npath = "/bin/b"\n[[site_cmd]]\n${TEXT}`
  const file = parseHooksFile(text, '/data/hooks.toml', rules)
  expect(file.pre_check[0]?.path).toBe('/data/bin/a')
  expect(file.post_check[0]?.path).toBe('/bin/b')
  expect(file.site_cmd[0]?.path).toBe('/data/rules.txt')
})

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veza-hooks-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('no file, no scripts', async () => {
  expect(await readHooksFile(join(folder, 'hooks.toml'), rules)).toEqual(NO_HOOKS_FILE)
})

test('a file that everybody can write, or nobody can read, is not taken', async () => {
  const file = join(folder, 'hooks.toml')
  await writeFile(file, '')
  await chmod(file, 0o666)
  await expect(readHooksFile(file, rules)).rejects.toMatchObject({ code: 'hooks-open-to-others' })
  await expect(readHooksFile(folder, rules)).rejects.toMatchObject({ code: 'hooks-unreadable' })
})
