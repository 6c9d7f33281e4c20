import type { Socket } from 'node:net'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { Command } from '#actors/kernel/host.ts'
import { operate } from '#test/conformance/administration.fixture.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

const FREE_MIB = 100

let system: TestSystem
let ftp: FtpFixture
let ana: FtpClient
let bytesFree: number

beforeEach(async () => {
  system = await createTestSystem()
  await system.addMember({ name: 'ana' })
  bytesFree = FREE_MIB * 2 ** 20
  ftp = await startFtp({
    system,
    wrapFiles: (files) => ({
      ...files,
      space: async () => ({ freeBytes: bytesFree, totalBytes: 2 ** 30 }),
    }),
  })
  ana = await ftp.login('ana')
})
afterEach(async () => {
  await ana.close()
  await ftp.stop()
  await system.stop()
})

const rules = (changes: object) =>
  operate(system, 'section.set', { section: 'incoming', rules: changes })

describe('the names that a section takes', () => {
  beforeEach(async () => {
    await ana.say('MKD /incoming/Early-GRP', '257')
    await ana.store('/incoming/Early-GRP/a.rar', 'a')
    await ana.store('/incoming/Early-GRP/.hidden.rar', 'h')
    await rules({
      release_names: '^[A-Z][A-Za-z.]*-[A-Z]+$',
      banned_names: ['*.exe', 'Bad*'],
      file_names: ['*.rar', '*.sfv', '*.nfo'],
      unfetchable_files: ['.hidden*'],
    })
  })

  test('of releases, made or renamed', async () => {
    await ana.say('MKD /incoming/Some.Release-GRP', '257')
    await ana.say('MKD /incoming/some release', '553')
    await ana.say('MKD /incoming/Bad.Release-GRP', '553')
    // That it is there is no matter of its name.
    await ana.say('MKD /incoming/Early-GRP', '550')
    await ana.say('RNFR /incoming/Some.Release-GRP', '350')
    await ana.say('RNTO /incoming/some', '553')
    await ana.say('RNFR /incoming/Some.Release-GRP', '350')
    await ana.say('RNTO /incoming/Other.Release-GRP', '250')
  })

  test('of directories and files, brought in any way or renamed', async () => {
    const path = '/incoming/Early-GRP'
    await ana.say(`MKD ${path}/CD1`, '257')
    await ana.say(`MKD ${path}/bad.directory`, '553')
    expect(await ana.store(`${path}/b.RAR`, 'b')).toMatch(/^226/)
    expect(await ana.store(`${path}/b.exe`, 'b')).toBe('553 b.exe is a banned name.')
    expect(await ana.store(`${path}/b.txt`, 'b')).toMatch(/^553 b.txt: unknown type of file/)
    expect(await ana.store(`${path}/b.txt`, 'b', 'APPE')).toMatch(/^553/)
    expect(await ana.store(`${path}/c.txt`, 'b', 'STOU')).toMatch(/^553/)
    await ana.say(`PRET STOR ${path}/b.txt`, '553')
    await ana.say(`PRET STOR ${path}/c.rar`, '200')
    for (const name of ['b.txt', 'b.rar.exe', 'CD1/Bad.rar']) {
      await ana.say(`RNFR ${path}/b.RAR`, '350')
      await ana.say(`RNTO ${path}/${name}`, '553')
    }
    await ana.say(`RNFR ${path}/b.RAR`, '350')
    await ana.say(`RNTO ${path}/CD1/c.rar`, '250')
  })

  test('some of which nobody fetches, though they are there', async () => {
    const path = '/incoming/Early-GRP/.hidden.rar'
    expect((await ana.retrieve(`RETR ${path}`)).reply).toBe('550 .hidden.rar is not to be fetched.')
    await ana.say(`XCRC ${path}`, '550')
    await ana.say(`SIZE ${path}`, '213')
    expect((await ana.retrieve('RETR /incoming/Early-GRP/a.rar')).reply).toMatch(/^226/)
  })

  test('are told to nobody who may not see the section', async () => {
    await operate(system, 'section.add', { name: 'private', rules: { banned_names: ['*'] } })
    const hidden = await ana.say('MKD /private/x')
    const absent = await ana.say('MKD /nothing/x')
    expect(hidden.replaceAll('private', 'nothing')).toBe(absent)
  })
})

describe('free space', () => {
  test('with less than the section wants no upload begins', async () => {
    await rules({ free_space_mib: FREE_MIB })
    await ana.say('MKD /incoming/R', '257')
    expect(await ana.store('/incoming/R/a', 'a')).toMatch(/^226/)
    bytesFree -= 1
    expect(await ana.store('/incoming/R/b', 'b')).toBe(
      '452 Too little space is left for an upload.',
    )
    await ana.say('PRET STOR /incoming/R/b', '452')
    // What is there is fetched all the same.
    expect((await ana.retrieve('RETR /incoming/R/a')).reply).toMatch(/^226/)
    await rules({ free_space_mib: 0 })
    expect(await ana.store('/incoming/R/b', 'b')).toMatch(/^226/)
  })
})

describe("a member's transfers in one section", () => {
  async function begin(client: FtpClient, path: string): Promise<Socket> {
    const data = await client.passive()
    await client.say(`STOR ${path}`, '150')
    return data
  }
  async function end(client: FtpClient, data: Socket): Promise<void> {
    data.end('end')
    await client.expect('226')
  }

  test('are limited beside those in others', async () => {
    await operate(system, 'section.add', { name: 'TV' })
    await rules({ uploads_at_once: 1, downloads_at_once: 0 })
    for (const path of ['/incoming/R', '/TV/R']) await ana.say(`MKD ${path}`, '257')
    const second = await ftp.login('ana')
    const up = await begin(ana, '/incoming/R/a')
    expect(await second.store('/incoming/R/b', 'b')).toBe(
      '550 You have 1 simultaneous upload in incoming: 1 at most.',
    )
    expect(await second.store('/TV/R/b', 'b')).toMatch(/^226/)
    await end(ana, up)
    expect(await second.store('/incoming/R/b', 'b')).toMatch(/^226/)
    expect((await second.retrieve('RETR /incoming/R/b')).reply).toMatch(/simultaneous download/)
    expect((await second.retrieve('RETR /TV/R/b')).reply).toMatch(/^226/)
    await second.close()
  })

  test('are as fast as the slower of both limits', async () => {
    const { host, ids } = system
    const context = () => ({ by: null, connection: null, commandId: ids.next() })
    const ofAccount = (uploadBytesPerSecondMax: number) =>
      host.send(
        { kind: 'account', id: 'ana' },
        { type: 'account.set-limits', limits: { uploadBytesPerSecondMax } } as Command,
        context(),
      )
    await rules({ upload_kib_per_second: 8 })
    await ana.say('MKD /incoming/R', '257')
    const caller = {
      member: {
        id: 'ana',
        group: 'GRP',
        scopes: null,
        hasSecondFactor: true,
        method: 'password',
      } as never,
      context,
    }
    const path = { kind: 'inside', section: 'incoming', release: 'R' } as const
    const chunk = async (file: string) => {
      const upload = await ftp.site.beginUpload(caller, { ...path, path: file }, { offsetBytes: 0 })
      const { chunkBytes } = upload.pace
      await upload.abort('enough')
      return chunkBytes
    }
    expect(await chunk('a')).toBe(1_024)
    await ofAccount(64 * 1_024)
    expect(await chunk('b')).toBe(1_024)
    await rules({ upload_kib_per_second: 1_024 })
    expect(await chunk('c')).toBe(8_192)
  })
})
