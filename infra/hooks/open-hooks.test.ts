import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { systemClock } from '#infra/clock/system-clock.ts'
import { openHooks } from '#infra/hooks/open-hooks.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'veza-hooks-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

const open = () =>
  openHooks({
    dataDir,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    registry: new Registry(),
    siteCommands: new Set(['WHO']),
    assertPattern: () => {},
    matches: () => true,
  })

test('a site without any has nothing to ask, and finds the types of hooks', async () => {
  const hooks = await open()
  expect(hooks.concerns('upload.before')).toBe(false)
  expect(hooks.customCommands()).toEqual([])
  const types = await readFile(join(dataDir, 'hooks', 'veza-hooks.d.ts'), 'utf8')
  expect(types).toContain('export interface Hooks {')
  // It is read where nothing of the server's own can be imported.
  expect(types).not.toMatch(/^import .*'#/m)
  await hooks.stop()
})

test('a server does not start with a hooks.toml that cannot be used', async () => {
  const file = join(dataDir, 'hooks.toml')
  await writeFile(file, '[[pre_check]]\npaht = "check"\n')
  await expect(open()).rejects.toMatchObject({
    code: 'hooks-invalid',
    message: expect.stringContaining(`${file}: pre_check[0]: Unrecognized key: "paht"`),
  })
})
