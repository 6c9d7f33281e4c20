import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { VezaProcess } from '#test/e2e/veza-process.ts'

const PASSWORD = 'rowing-boat-7751'
const POLL = { timeout: 30_000 }
let veza: VezaProcess

/** Runs a command that has to work, and answers what it says as JSON. */
async function done(...words: string[]): Promise<any> {
  const { stdout, stderr, code } = await veza.run(...words, '--json')
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' })
  return JSON.parse(stdout)
}

async function refused(...words: string[]): Promise<{ code: number; stderr: string }> {
  const { stderr, code } = await veza.run(...words)
  return { code, stderr: stderr.trim().split('\n')[0]! }
}

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(veza.dataDir, name)
  await writeFile(path, text, { mode: 0o600 })
  return path
}

const me = (name: string, password: string) => veza.get('/api/v1/me', `${name}:${password}`)

beforeAll(async () => {
  veza = await VezaProcess.create()
})
afterAll(() => veza.dispose())

describe('without a server', () => {
  test('members and groups are made, changed and shown', async () => {
    await veza.addMember('bob', PASSWORD, '--email', 'bob@example.org')
    const limits = ['--logins', '3', '--hours', '8-18', '--upload-speed', '500K', '--idle', '15m']
    const set = await done('account', 'set', 'bob', ...limits, '--tagline', 'hello', '--inactive')
    expect(set).toMatchObject({
      name: 'bob',
      group: 'MEMBERS',
      flags: '3',
      email: 'bob@example.org',
      tagline: 'hello',
      is_active: false,
      limits: {
        logins_max: 3,
        login_hours: { from_hour: 8, to_hour: 18 },
        upload_bytes_per_second_max: 512_000,
        idle_timeout_ms: 900_000,
      },
    })
    const cleared = ['--logins', 'none', '--hours', 'none', '--tagline', 'none', '--email', 'none']
    expect(await done('account', 'set', 'bob', ...cleared, '--active')).toMatchObject({
      tagline: '',
      email: null,
      is_active: true,
      limits: { logins_max: null, login_hours: null, upload_bytes_per_second_max: 512_000 },
    })
    await done('group', 'add', 'iND', '--description', 'independent')
    await done('group', 'set', 'iND', '--slots', '5', '--private')
    await done('account', 'group', 'bob', 'join', 'iND')
    await done('account', 'group', 'bob', 'admin', 'iND')
    expect((await done('account', 'show', 'bob')).groups).toEqual([
      { name: 'MEMBERS', is_admin: false },
      { name: 'iND', is_admin: true },
    ])
    const shown = await veza.run('group', 'show', 'iND')
    expect(shown.stdout).toMatch(/^slots, taken\/of +0\/5$/m)
  })

  test('refusals are told by their codes, and wrong questions apart from them', async () => {
    expect(await refused('account', 'show', 'nobody')).toEqual({
      code: 1,
      stderr: 'no-such-account: There is no such member.',
    })
    expect(await refused('account', 'list')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^no-read-models: /),
    })
    const common = await fileOf('common', 'password\n')
    expect(await refused('account', 'add', 'eve', '--password-file', common)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^password-/),
    })
    expect(await refused('account', 'set', 'bob', '--flags', 'xyz')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^invalid-parameters: /),
    })
    expect(await refused('account', 'set', 'bob', '--hours', '8-99')).toMatchObject({ code: 2 })
    expect(await refused('account', 'add', 'eve')).toMatchObject({ code: 2 })
    expect(await refused('account', 'passwd', 'bob', '--password-file', '/nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^file-unreadable: /),
    })
    expect(await refused('forget', 'bob')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^not-confirmed: /),
    })
    expect((await veza.run('account', 'set', '--help')).code).toBe(0)
  })

  test('explain says why or why not, by which line, and what it costs', async () => {
    const asked = ['explain', '--member', 'bob', '--path', '/incoming/x', '--size', '10M', '--may']
    const upload = await veza.run(...asked, 'upload')
    expect(upload.code).toBe(0)
    expect(upload.stdout).toMatch(/^bob may upload: .*\nby line \d+ of the rights: upload /)
    expect(upload.stdout).toMatch(/^earns: 31457280 bytes of credits in default \(ratio 3\)$/m)
    const download = await veza.run(...asked, 'download', '--json')
    expect(download.code).toBe(3)
    expect(JSON.parse(download.stdout)).toMatchObject({
      allowed: false,
      reason: 'insufficient-credits',
      cost: { bytes: 10_485_760 },
    })
    await done('credits', 'give', 'bob', '1G', '--note', 'welcome')
    expect((await veza.run(...asked, 'download')).code).toBe(0)
    const { text } = await done('rights', 'show')
    const rights = await fileOf('rights', text.replace('download /* *\n', ''))
    await done('rights', 'set', rights)
    expect((await veza.run(...asked, 'download')).code).toBe(3)
    await fileOf('rights', 'upload /* *\nupload\n')
    expect(await refused('rights', 'set', rights)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('2'),
    })
    expect((await done('rights', 'defaults')).text).toContain('download /* *\n')
  })
})

describe('beside a running server', () => {
  beforeAll(() => veza.start())

  test('the server does it, and the audit says by which gateway', async () => {
    expect((await me('bob', PASSWORD)).status).toBe(200)
    const file = await fileOf('next', 'sailing-ship-4412\n')
    await done('account', 'passwd', 'bob', '--password-file', file)
    expect((await me('bob', PASSWORD)).status).toBe(401)
    expect((await me('bob', 'sailing-ship-4412')).status).toBe(200)
    const { stdout } = await veza.run('audit', 'account-bob', '--json', '--limit', '1')
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'account.password-set',
      gateway: 'control',
      meta: { by: null },
    })
  })

  test('tokens are shown once and can be revoked', async () => {
    const made = ['token', 'bob', 'create', '--label', 'bot', '--scope', 'read', '--days', '3']
    const { id, token } = await done('account', ...made)
    expect((await me('bob', token)).status).toBe(200)
    const list = await veza.run('account', 'token', 'bob', 'list')
    expect(list.stdout).toMatch(new RegExp(`^id +label +scopes +expires, UTC\n${id}  bot +read `))
    expect(list.stdout).not.toContain(token)
    await done('account', 'token', 'bob', 'revoke', id, '--reason', 'lost')
    expect((await me('bob', token)).status).toBe(401)
  })

  test('a ban keeps a member out until it is lifted', async () => {
    await done('account', 'ban', 'bob', '--for', '7d', '--reason', 'noise')
    expect((await me('bob', 'sailing-ship-4412')).status).not.toBe(200)
    await done('account', 'unban', 'bob')
    expect((await me('bob', 'sailing-ship-4412')).status).toBe(200)
    expect(await refused('account', 'unban', 'bob')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^not-banned: /),
    })
  })

  test('lists come from the read models', async () => {
    const { items } = await done('account', 'list', '--search', 'bo')
    expect(items).toMatchObject([{ name: 'bob', group: 'MEMBERS' }])
    await done('credits', 'take', 'bob', '1M', '--note', 'test')
    const explained = async () => (await veza.run('credits', 'explain', 'bob')).stdout
    await expect.poll(explained, POLL).toMatch(/ -1048576 +1072693248 .*taken, note test +-$/m)
    const lines = await explained()
    expect(lines).toMatch(/^line +when, UTC +section +change, bytes +balance, bytes /)
    expect(lines).toMatch(/ 1073741824 +1073741824 .*gift, note welcome +-$/m)
  })

  test('masks are kept sealed; forgetting a member leaves nobody to read them', async () => {
    await done('account', 'mask', 'bob', 'add', '*@192.0.2.*', '!*@198.51.100.7')
    const masks = await veza.run('account', 'mask', 'bob', 'list')
    expect(masks.stdout).toBe('!*@198.51.100.7\n*@192.0.2.*\n')
    await done('keys', 'rotate-master')
    await done('forget', 'bob', '--yes')
    expect(await done('account', 'show', 'bob')).toMatchObject({ is_forgotten: true, email: null })
    expect((await veza.run('audit', '--json')).stdout).not.toContain('192.0.2')
    expect((await me('bob', 'sailing-ship-4412')).status).toBe(401)
  })

  test('an import is refused while it runs', async () => {
    expect(await refused('import-glftpd', veza.dataDir)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^server-runs: /),
    })
  })
})
