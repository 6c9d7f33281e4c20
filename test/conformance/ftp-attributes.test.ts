import { stat } from 'node:fs/promises'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'

const FILE = '/incoming/Rel-A/a b.bin'
const AT = '20200203040506'

let ftp: FtpFixture
const clients: Record<string, FtpClient> = {}

beforeAll(async () => {
  ftp = await startFtp()
  await ftp.system.addMember({ name: 'ana' })
  await ftp.system.addMember({ name: 'ben' })
  await ftp.system.addMember({ name: 'root', flags: '13' })
  for (const name of ['ana', 'ben', 'root']) clients[name] = await ftp.login(name)
  const { ana, ben } = clients as { ana: FtpClient; ben: FtpClient }
  await ana.say('MKD /incoming/Rel-A', '257')
  await ana.say('MKD /incoming/Rel-A/CD1', '257')
  await ana.store(FILE, 'content')
  await ben.store('/incoming/Rel-A/ben.bin', 'of ben')
})
afterAll(() => ftp.stop())

describe('times and modes', () => {
  test.each([
    ['ana', `MFMT ${AT} ${FILE}`, `213 Modify=${AT}; ${FILE}`],
    ['ana', `MDTM ${FILE}`, `213 ${AT}`],
    ['ana', `MFMT 20200203040506.789 ${FILE}`, '213'],
    ['ana', `MDTM 20190101000000 ${FILE}`, `213 Modify=20190101000000; ${FILE}`],
    ['ana', `SITE UTIME 201801020304 ${FILE}`, `200 The time of ${FILE} is set.`],
    ['ana', `MDTM ${FILE}`, '213 20180102030400'],
    ['ana', `SITE UTIME ${FILE} 20200101000000 20170506070809 20200101000000 UTC`, '200'],
    ['ana', `MDTM ${FILE}`, '213 20170506070809'],
    ['ana', `MFF Modify=${AT};UNIX.mode=0640; ${FILE}`, `213 Modify=${AT};UNIX.mode=0640; `],
    ['ana', `SITE CHMOD 600 "${FILE}"`, `200 The mode of ${FILE} is 600.`],
    ['ana', 'SITE CHMOD 0711 /incoming/Rel-A/CD1', '200'],
    ['ana', 'SITE CHMOD 700 /incoming/Rel-A', '200'],
    ['root', `MFMT ${AT} ${FILE}`, '213'],
    ['root', `SITE CHMOD 604 ${FILE}`, '200'],
    // What is no time or mode.
    ['ana', `MFMT yesterday ${FILE}`, '501'],
    ['ana', `MFMT 20200231000000 ${FILE}`, '501'],
    ['ana', `MFMT 20200101006000 ${FILE}`, '501'],
    ['ana', `MFMT 19691231235959 ${FILE}`, '501'],
    ['ana', `MFMT ${AT}`, '501'],
    ['ana', `MFF Modify=x; ${FILE}`, '501'],
    ['ana', `MFF ${FILE}`, '501'],
    ['ana', `MFF Create=${AT}; ${FILE}`, '504'],
    ['ana', `MFCT ${AT} ${FILE}`, '502'],
    ['ana', `SITE UTIME now ${FILE}`, '501'],
    ['ana', `SITE UTIME ${AT}`, '501'],
    ['ana', `SITE CHMOD u+x ${FILE}`, '501'],
    ['ana', `SITE CHMOD 4755 ${FILE}`, '501'],
    ['ana', 'SITE CHMOD 644', '501'],
    // What is not there, or nobody's to change.
    ['ana', `MFMT ${AT} /incoming/Rel-A/none`, '550 /incoming/Rel-A/none: No such file'],
    ['ana', `MDTM ${AT} /incoming/Rel-A/none`, '550'],
    ['ana', `MFMT ${AT} /incoming/Rel-A/CD1`, '550'],
    ['root', 'SITE CHMOD 700 /incoming', '550'],
    ['root', 'SITE CHMOD 700 /', '550'],
    ['root', 'SITE CHMOD 700 /incoming/(incomplete)-Rel-A', '550'],
    ['ben', `MFMT ${AT} ${FILE}`, '550 a b.bin is not yours.'],
    ['ben', `SITE CHMOD 600 ${FILE}`, '550 a b.bin is not yours.'],
    ['ben', 'SITE CHMOD 600 /incoming/Rel-A', '550 Rel-A is not yours.'],
    ['ben', 'SITE CHMOD 600 /incoming/Rel-A/ben.bin', '200'],
  ])('%s: %s', async (name, line, start) => {
    const reply = await clients[name]!.say(line)
    expect(reply.slice(0, start.length)).toBe(start)
  })

  test('listings show them, the disk follows, and the server can still read', async () => {
    const { ana } = clients as { ana: FtpClient }
    await ana.say(`MFMT ${AT} ${FILE}`, '213')
    await ana.say(`SITE CHMOD 066 ${FILE}`, '200')
    expect(await ana.list('LIST /incoming/Rel-A')).toContainEqual(
      expect.stringMatching(/^----rw-rw- .* Feb {2}3 {2}2020 a b\.bin$/),
    )
    expect(await ana.list('MLSD /incoming/Rel-A')).toContainEqual(
      expect.stringMatching(/modify=20200203040506;.*UNIX\.mode=0066; a b\.bin$/),
    )
    const disk = await stat(ftp.sitePath('incoming', 'Rel-A', 'a b.bin'))
    expect(disk.mtimeMs).toBe(Date.UTC(2020, 1, 3, 4, 5, 6))
    expect(disk.mode & 0o777).toBe(0o644)
    expect((await ana.retrieve(`RETR ${FILE}`)).content.toString()).toBe('content')
    // What only looks odd on the disk is no change.
    expect(await ana.say('SITE RESCAN /incoming/Rel-A')).toMatch(/200 1 release: 2 OK\.$/)
  })

  test('a file whose name begins with a time is asked about', async () => {
    const { ana } = clients as { ana: FtpClient }
    await ana.store(`/incoming/Rel-A/${AT} x`, 'x')
    await ana.say('CWD /incoming/Rel-A', '250')
    expect(await ana.say(`MDTM ${AT} x`)).toMatch(/^213 \d{14}$/)
  })

  test('FEAT offers them', async () => {
    const { ana } = clients as { ana: FtpClient }
    const features = (await ana.say('FEAT')).split('\n')
    expect(features).toContain(' MFMT')
    expect(features).toContain(' MFF Modify;UNIX.mode;')
  })

  test('a hidden path is as one that is not there, and a right can be taken away', async () => {
    const { ana, ben } = clients as { ana: FtpClient; ben: FtpClient }
    await setRights(ftp.system, 'privpath /incoming/Rel-A =NONE\nlist /* *\nupload /* *')
    for (const line of [`MFMT ${AT}`, `MDTM ${AT}`, 'MFF UNIX.mode=644;', 'SITE CHMOD 644']) {
      const hidden = await ben.say(`${line} /incoming/Rel-A/ben.bin`)
      expect(hidden.replaceAll('Rel-A', 'Rel-X')).toBe(
        await ben.say(`${line} /incoming/Rel-X/ben.bin`),
      )
    }
    await setRights(ftp.system, 'list /* *')
    expect(await ana.say(`MFMT ${AT} ${FILE}`)).toMatch(/^550/)
    await setRights(ftp.system)
  })
})
