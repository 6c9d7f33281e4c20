import { crc32 } from 'node:zlib'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { Clock } from '#events/clock.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

let system: TestSystem
let ftp: FtpFixture
let ana: FtpClient
/** Added to the time of the machine. */
let ahead: number

const clock: Clock = { now: () => systemClock.now() + ahead, after: systemClock.after }

beforeEach(async () => {
  ahead = 0
  system = await createTestSystem({ clock })
  ftp = await startFtp({ system })
  await system.addMember({ name: 'ana' })
  await system.addMember({ name: 'ben' })
  ana = await ftp.login('ana')
})
afterEach(async () => {
  await ftp.stop()
  await system.stop()
})

/** The names in a listing, or the reply where it is none. */
async function namesAt(client: FtpClient, moment: number | string, path: string) {
  const reply = await client.say(`SITE ASOF ${moment} ${path}`)
  const lines = reply.split('\n')
  if (lines.length === 1) return reply
  const nameIn = (row: string) =>
    /^ [dl-][rwx-]{9} (?:\S+\s+){4}\w{3} .{2} .{5} (.*)$/.exec(row)?.[1]
  return lines.slice(1, -1).map(nameIn)
}

const head = () => system.log.head()

describe('SITE ASOF', () => {
  test('lists what was there: uploads, renames, deletions, releases that are gone', async () => {
    await ana.say('MKD /incoming/Rel-A', '257')
    const made = await head()
    await ana.store('/incoming/Rel-A/a.bin', 'aaa')
    await ana.say('MKD /incoming/Rel-A/CD1', '257')
    await ana.store('/incoming/Rel-A/CD1/b.bin', 'bbbb')
    const brought = await head()
    await ana.say('RNFR /incoming/Rel-A', '350')
    await ana.say('RNTO /incoming/Rel-B', '250')
    await ana.say('DELE /incoming/Rel-B/a.bin', '250')
    const renamed = await head()
    await ana.say('DELE /incoming/Rel-B/CD1/b.bin', '250')
    await ana.say('RMD /incoming/Rel-B/CD1', '250')
    await ana.say('RMD /incoming/Rel-B', '250')

    expect(await namesAt(ana, made, '/incoming/Rel-A')).toEqual([])
    expect(await namesAt(ana, brought, '/incoming/Rel-A')).toEqual(['CD1', 'a.bin'])
    expect(await namesAt(ana, `@${brought}`, '/incoming/Rel-A/CD1')).toEqual(['b.bin'])
    expect(await namesAt(ana, brought, '/incoming')).toEqual(['Rel-A'])
    expect(await namesAt(ana, brought, '/incoming/Rel-B')).toMatch(/^550/)
    expect(await namesAt(ana, renamed, '/incoming')).toEqual(['Rel-B'])
    expect(await namesAt(ana, renamed, '/incoming/Rel-B')).toEqual(['CD1'])
    expect(await namesAt(ana, renamed, '/incoming/Rel-A')).toMatch(/^550/)
    expect(await namesAt(ana, await head(), '/incoming')).toEqual([])
    expect(await namesAt(ana, brought, '/')).toEqual(['incoming'])
    const row = await ana.say(`SITE ASOF ${brought} /incoming/Rel-A/a.bin`)
    expect(row).toMatch(/\n -rw-r--r-- 1 ana +GRP +3 .* a\.bin\n200 1 in all\.$/)
    // Nothing has come back.
    expect((await ana.retrieve('RETR /incoming/Rel-A/a.bin')).reply).toMatch(/^550/)
  })

  test('where the client is, and what was missing and bad then', async () => {
    await ana.say('MKD /incoming/Rel-A', '257')
    await ana.say('CWD /incoming/Rel-A', '250')
    await ana.store(
      'rel.sfv',
      ['a.bin', 'b.bin'].map((name) => `${name} ${hex(name)}\r\n`).join(''),
    )
    await ana.store('a.bin', 'a.bin')
    const half = await head()
    await ana.store('b.bin', 'b.bin')
    expect(await namesAt(ana, half, '')).toEqual([
      '[#####:::::] -  50% Complete - [veza]',
      'b.bin-missing',
      'a.bin',
      'rel.sfv',
    ])
    expect(await namesAt(ana, await head(), '')).toContain(
      '[veza] - ( 42B 2F - COMPLETE ) - [veza]',
    )
  })

  test('by time, which is not to come, nor before the site', async () => {
    await ana.say('MKD /incoming/Rel-A', '257')
    const then = new Date(clock.now()).toISOString()
    ahead = 3 * 86_400_000
    await ana.say('MKD /incoming/Rel-B', '257')
    expect(await namesAt(ana, then, '/incoming')).toEqual(['Rel-A'])
    const digits = new Date(clock.now()).toISOString().replaceAll(/\D/g, '').slice(0, 14)
    expect(await namesAt(ana, digits.replace(/\d{6}$/, '000000'), '/incoming')).toEqual(['Rel-A'])
    expect(await namesAt(ana, '2020-01-01', '/incoming')).toBe('550 There was no site yet.')
    expect(await ana.say('SITE ASOF 2099-01-01 /')).toMatch(/^501-that is still to come/)
    expect(await ana.say(`SITE ASOF ${(await head()) + 1} /`)).toMatch(/^501-that is still to come/)
    expect(await ana.say('SITE ASOF yesterday /')).toMatch(/^501-/)
    expect(await ana.say('SITE ASOF')).toMatch(/^501-/)
  })

  test('what is hidden now was never there, whatever the rights were', async () => {
    await ana.say('MKD /incoming/Rel-A', '257')
    await ana.store('/incoming/Rel-A/a.bin', 'aaa')
    const open = await head()
    await setRights(system, 'privpath /incoming/Rel-A =NONE\nlist /* *')
    const ben = await ftp.login('ben')
    expect(await namesAt(ben, open, '/incoming')).toEqual([])
    for (const path of ['Rel-A', 'Rel-A/a.bin', 'Rel-A/CD1']) {
      const hidden = await ben.say(`SITE ASOF ${open} /incoming/${path}`)
      const absent = await ben.say(`SITE ASOF ${open} /incoming/${path.replace('A', 'X')}`)
      expect(hidden.replaceAll('Rel-A', 'Rel-X')).toBe(absent)
    }
    await setRights(system, 'list /other *')
    expect(await namesAt(ben, open, '/incoming')).toMatch(/^550/)
  })
})

const hex = (text: string) => crc32(text).toString(16).padStart(8, '0')
