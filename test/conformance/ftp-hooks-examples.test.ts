import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

import { afterEach, describe, expect, test } from 'vitest'

import { siteCommands } from '#gateways/ftp/commands/site/site-commands.ts'
import { parseHooksFile } from '#infra/hooks/hooks-file.ts'
import { type Hooked, startHooked, until } from '#test/conformance/ftp-hooks.fixture.ts'

const EXAMPLES = new URL('../../examples/hooks/', import.meta.url).pathname
const example = (name: string) => readFile(EXAMPLES + name, 'utf8')

let site: Hooked | undefined
afterEach(async () => {
  await site?.stop()
  site = undefined
})

test('the example of hooks.toml can be used', async () => {
  const rules = { siteCommands: new Set(Object.keys(siteCommands)), assertPattern: () => {} }
  const file = parseHooksFile(await example('hooks.toml'), '/data/hooks.toml', rules)
  expect(file.pre_check[0]?.path).toBe('/usr/local/lib/veza/section-check.tcl')
  expect(file.site_cmd.map(({ name, path }) => `${name} ${path}`)).toEqual([
    'BOUNCERS /data/bouncers.txt',
    'FREE /bin/df',
    'ONLINE WHO',
  ])
})

describe('the section check in Tcl', () => {
  /** Event, section, name, directory, and whether tclsh lets it be made. */
  const CASES = [
    ['directory.before', 'mp3', 'Artist-Title-2026-GRP', '/mp3', true],
    ['directory.before', 'mp3', 'Artist-Title-GRP', '/mp3', false],
    ['directory.before', 'mp3', 'CD1', '/mp3/Artist-Title-2026-GRP', true],
    ['directory.before', 'mp3', 'Extras', '/mp3/Artist-Title-2026-GRP', false],
    ['directory.before', 'games', 'Some.Game-GRP', '/games', true],
    ['directory.before', 'games', '[NUKED]-Some.Game-GRP', '/games', false],
    ['directory.before', 'other', 'Anything at all', '/other', true],
    ['upload.before', 'mp3', '01-title.mp3', '/mp3/Artist-Title-2026-GRP', true],
    ['upload.before', 'mp3', 'virus.exe', '/mp3/Artist-Title-2026-GRP', false],
    ['upload.before', 'games', 'grp-game.r07', '/games/Some.Game-GRP', true],
    ['upload.before', 'games', 'grp-game.mp3', '/games/Some.Game-GRP', false],
    ['upload.before', 'games', '-[exec id].rar', '/games/Some.Game-GRP', true],
  ] as const

  test.each(CASES)('%s in %s: %s in %s: %s', async (event, section, name, directory, isLet) => {
    const { PATH } = process.env
    const env = { PATH, VEZA_EVENT: event, SECTION: section }
    const run = promisify(execFile)('tclsh', [`${EXAMPLES}section-check.tcl`, name, directory], {
      env,
    })
    if (isLet) expect(await run).toEqual({ stdout: '', stderr: '' })
    else await expect(run).rejects.toMatchObject({ code: 2, stderr: '' })
  })

  test('over FTP', async () => {
    const script = `path = ${JSON.stringify(`${EXAMPLES}section-check.tcl`)}\non_failure = "veto"`
    site = await startHooked({ toml: `[[pre_dir_check]]\n${script}\n[[pre_check]]\n${script}` })
    expect(await site.ana.say('MKD /incoming/A_Release-GRP')).toMatch(/^257/)
    expect(await site.ana.say('MKD /incoming/A_Release-GRP/CD1')).toMatch(/^257/)
    expect(await site.ana.say('MKD /incoming/No Release')).toBe(
      '550 No Release does not look like a release of incoming.',
    )
    expect(await site.ana.say('MKD /incoming/A_Release-GRP/Extras')).toBe(
      '550 A release takes CD1, DVD1, Sample, Subs, Proof and Covers: not Extras.',
    )
    expect(await site.ana.store('/incoming/R/a.bin', 'bytes')).toMatch(/^226/)
    expect(await site.ana.store('/incoming/R/nuked.bin', 'bytes')).toBe(
      '553 nuked.bin: that has been thrown out elsewhere.',
    )
    expect(site.hooks.health()).toEqual({ ok: true, failing: {} })
  })
})

test('the shell example looks at the bytes', async () => {
  const path = JSON.stringify(`${EXAMPLES}post-check.sh`)
  site = await startHooked({ toml: `[[post_check]]\npath = ${path}\npaths = ["*.rar"]` })
  expect(await site.ana.store('/incoming/R/a.rar', 'no rar')).toBe('550 a.rar is no rar, ana.')
  expect(await site.ana.store('/incoming/R/a.rar', 'Rar! and more')).toMatch(
    /^226-a\.rar: a rar of 13 bytes at \d+ KiB\/s\.\n226 /,
  )
})

test('the TypeScript example has manners', async () => {
  site = await startHooked({ hooks: { 'manners.ts': await example('manners.ts') } })
  for (const number of [1, 2]) {
    expect(await site.ana.store('/incoming/R/setup.exe', 'bytes')).toBe(
      `553 /incoming/R/setup.exe: no programs here. That was number ${number}.`,
    )
  }
  expect(await site.ana.say('SITE WIPE /incoming/R')).toBe('550 Ask a siteop to wipe.')
  const root = await site.ftp.login('root')
  expect(await root.store('/incoming/R/setup.exe', 'bytes')).toMatch(/^226/)
  // CRC32 of `bytes`.
  await root.store('/incoming/R/all.sfv', 'setup.exe B19943CE\r\n')
  await until(() => site!.logged().includes('is complete'))
})
