import { chmod, mkdir, readFile, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { VezaProcess } from '#test/e2e/veza-process.ts'

let veza: VezaProcess
let path = ''
let good = ''

beforeAll(async () => {
  veza = await VezaProcess.create()
  path = join(veza.dataDir, 'master.key')
  await veza.addMember('bob', 'rowing-boat-7751', '--email', 'bob@example.org')
  good = await readFile(path, 'utf8')
}, 30_000)
afterAll(() => veza.dispose())

async function put(text: string, mode = 0o600): Promise<void> {
  await rm(path, { force: true })
  await writeFile(path, text, { mode })
  await chmod(path, mode)
}
beforeEach(() => put(good))

const OTHER = `${Buffer.alloc(32, 7).toString('base64url')}\n`

test.each([
  ['that others may read', () => put(good, 0o644), /has the mode 0644; only its owner may read it/],
  ['of another vault', () => put(OTHER), /the vault belongs to the master key [0-9a-f]{16}; /],
  ['that is none', () => put('garbage\n'), /master key 1 is not base64url/],
  ['that is empty', () => put(''), /0 master keys, where 1 to 8 are expected/],
  ['that is gone', () => rm(path), /is missing; without it nothing that the vault sealed/],
  [
    'behind a link',
    async () => {
      await rename(path, `${path}.moved`)
      await symlink(`${path}.moved`, path)
    },
    /is a symbolic link/,
  ],
] as const)('a master key %s is told in one line, and ends with 2', async (_, spoil, words) => {
  await spoil()
  for (const command of [
    ['account', 'show', 'bob'],
    ['start', '--json'],
  ]) {
    const { code, stderr } = await veza.run(...command)
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(words)])
    expect(code).toBe(2)
  }
})

test('a folder of the master key that is not there is told in one line', async () => {
  const file = join(veza.dataDir, 'nowhere', 'master.key')
  const fresh = await VezaProcess.create({ environment: { VEZA_MASTER_KEY_FILE: file } })
  const { code, stderr } = await fresh.run('start', '--json')
  expect(stderr).toMatch(/^the master key \S+ cannot be changed: ENOENT: .*\n$/)
  expect(code).toBe(2)
  await fresh.dispose()
})

test('a key file that only its owner may read is enough to start', async () => {
  await put(good, 0o400)
  const { stdout, code } = await veza.run('account', 'show', 'bob', '--json')
  expect({ code, email: JSON.parse(stdout).email }).toEqual({ code: 0, email: 'bob@example.org' })
})

test('a member is forgotten also where the key file cannot be changed yet', async () => {
  // As a folder of that name is: not even root writes a file there.
  const draft = `${path}.new`
  await mkdir(draft)
  const refused = await veza.run('forget', 'bob', '--yes')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/^master-key-inaccessible: The member is forgotten, but older/)
  expect(await readFile(path, 'utf8')).toBe(good)
  await rmdir(draft)
  const again = await veza.run('forget', 'bob', '--yes', '--json')
  expect(JSON.parse(again.stdout)).toMatchObject({ account: 'bob', was_key_destroyed: false })
  expect(await readFile(path, 'utf8')).not.toContain(good.trim())
})
