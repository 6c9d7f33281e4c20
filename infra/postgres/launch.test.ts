import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

import { planLaunch } from '#infra/postgres/launch.ts'
import { chooseOsUser, closedFolder, parsePasswd } from '#infra/postgres/os-user.ts'

const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 }
const full = { exists: true, deathSignal: true, capabilities: true }
const none = { exists: false, deathSignal: false, capabilities: false }

describe('how PostgreSQL is launched', () => {
  test.each([
    [
      'as ourselves',
      undefined,
      full,
      { file: 'setpriv', leadingArgs: ['--pdeathsig', 'INT', '/bin/x'] },
    ],
    ['as ourselves without setpriv', undefined, none, { file: '/bin/x', leadingArgs: [] }],
    [
      'by root without setpriv',
      nobody,
      none,
      { file: '/bin/x', leadingArgs: [], uid: 65_534, gid: 65_534 },
    ],
  ])('%s', (_, user, setpriv, launch) => {
    expect(planLaunch('/bin/x', { user, closedFolder: undefined, setpriv })).toEqual(launch)
  })

  test('by root with one capability when a folder is closed, and without when none is', () => {
    const args = (closed: string | undefined) =>
      planLaunch('/bin/x', { user: nobody, closedFolder: closed, setpriv: full }).leadingArgs.join(
        ' ',
      )
    expect(args('/root')).toContain('--ambient-caps=-all,+dac_override')
    expect(args(undefined)).not.toContain('caps')
    expect(args(undefined)).toContain('--reuid=65534 --regid=65534 --clear-groups /bin/x')
  })

  test('not at all, with words, when a folder is closed and setpriv is missing', () => {
    const plan = () => planLaunch('/bin/x', { user: nobody, closedFolder: '/root', setpriv: none })
    expect(plan).toThrow('PostgreSQL runs as nobody, who may not enter /root')
  })
})

describe('whom PostgreSQL runs as', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\n# a comment\nnobody:x:65534:65534::/:/bin/false\n'

  test('ourselves, unless we are root', async () => {
    expect(await chooseOsUser(1_000, passwd)).toBeUndefined()
    expect(await chooseOsUser(0, passwd)).toEqual(nobody)
    const both = `${passwd}postgres:x:101:104:PostgreSQL:/var/lib:/bin/sh\n`
    expect(await chooseOsUser(0, both)).toEqual({ name: 'postgres', uid: 101, gid: 104 })
    await expect(chooseOsUser(0, 'root:x:0:0::/:/bin/sh\n')).rejects.toThrow('VEZA_DATABASE_URL')
  })

  test('a line that is none names nobody', () => {
    expect([...parsePasswd('\nnonsense\na:b\n').keys()]).toEqual([])
  })

  test('finds the topmost folder that the user may not enter', async () => {
    const folder = await mkdtemp(join(os.tmpdir(), 'veza-closed-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await mkdir(join(folder, 'below'), { mode: 0o755 })
    expect(await closedFolder(join(folder, 'below'), nobody)).toBe(folder)
    const owner = { name: 'me', uid: process.getuid!(), gid: process.getgid!() }
    expect(await closedFolder(join(folder, 'below'), owner)).toBeUndefined()
  })
})
