import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import {
  loginByToken,
  makeRelease,
  setRights,
  succeeding,
} from '#test/conformance/ftp-rights.fixture.ts'

let ftp: FtpFixture
let ana: FtpClient
let count = 0

beforeAll(async () => {
  ftp = await startFtp()
  await ftp.system.addMember({ name: 'ana', flags: '3' })
  await ftp.system.addMember({ name: 'bob', flags: '3' })
  await ftp.system.addMember({ name: 'op', flags: '13', group: 'STAFF' })
  ana = await ftp.login('ana')
})
afterAll(() => ftp.stop())

/** A release of ana's, made by the default rights. */
async function freshRelease(): Promise<string> {
  await setRights(ftp.system)
  return await makeRelease(ana, `Release-${++count}`)
}

const LOOKING = 'LIST NLST MLSD MLST STAT SIZE MDTM CWD'
const ALL = `${LOOKING} RETR STOR APPE MKD rename move DELE RMD`

/** The rights in force, who tries, and what is answered with success. */
const CASES: readonly (readonly [rights: string, member: string, succeeds: string])[] = [
  ['', 'ana', ''],
  ['', 'op', ''],
  ['list /* *', 'bob', LOOKING],
  ['list /incoming/R* *', 'bob', LOOKING],
  ['list /incoming *', 'bob', ''],
  ['list /* !-bob *', 'bob', ''],
  ['list /* !-bob *', 'ana', LOOKING],
  ['list /* =STAFF', 'op', LOOKING],
  ['list /* =STAFF', 'bob', ''],
  ['list /*.bin *', 'bob', 'SIZE MDTM'],
  ['download /* *', 'bob', 'CWD RETR'],
  ['download *.sfv *', 'bob', ''],
  ['upload /* *', 'bob', 'CWD STOR APPE'],
  ['resume /* *', 'bob', ''],
  ['overwrite /* *', 'bob', ''],
  ['upload */new.bin *', 'bob', 'STOR'],
  ['makedir /* *', 'bob', 'CWD MKD'],
  ['makedir /* 1', 'bob', ''],
  ['makedir /* 1', 'op', 'CWD MKD'],
  ['deleteown /* *', 'ana', 'DELE RMD'],
  ['deleteown /* *', 'bob', ''],
  ['deleteown /* 1', 'ana', ''],
  ['delete /* -bob', 'bob', 'DELE RMD'],
  ['delete /* -bob', 'ana', ''],
  ['renameown /* *', 'ana', 'rename move'],
  ['renameown /incoming/Release-?? *\nrenameown *.bin =STAFF', 'ana', ''],
  ['renameown /* *', 'bob', ''],
  ['renameown */rename.bin *', 'ana', ''],
  ['rename /* -bob', 'bob', 'rename'],
  ['rename /* -bob\nfilemove /* -bob', 'bob', 'rename move'],
  ['renameown /* *\nfilemove /* *', 'ana', 'rename move'],
  ['renameown /* *\nfilemove /* *', 'bob', ''],
  ['filemove /* *', 'ana', ''],
  ['privpath /incoming/Release-* 1\nlist /* *\ndownload /* *\ndelete /* *', 'bob', ''],
  ['privpath /incoming/Release-* *\nlist /* *', 'bob', LOOKING],
]

describe('what the rights grant, and nothing else', () => {
  test.each(CASES)('%j: %s does %j', async (rights, member, succeeds) => {
    const path = await freshRelease()
    await setRights(ftp.system, rights)
    const client = await ftp.login(member)
    expect(await succeeding(client, path)).toBe(succeeds)
    await client.close()
  })

  test('by the default rights members do all with what is theirs, siteops with everything', async () => {
    const others = `${LOOKING} RETR STOR APPE MKD`
    const [bob, op] = [await ftp.login('bob'), await ftp.login('op')]
    expect(await succeeding(bob, await freshRelease())).toBe(others)
    expect(await succeeding(op, await freshRelease())).toBe(ALL)
    const own = await makeRelease(bob, 'Own')
    expect(await succeeding(bob, own)).toBe(`${others} rename move DELE RMD`)
    await bob.close()
    await op.close()
  })
})

test('what only owners may is refused by naming the owner, the rest by the line', async () => {
  const path = await freshRelease()
  const bob = await ftp.login('bob')
  await bob.say(`DELE ${path}/read.bin`, '550 read.bin belongs to ana.')
  await bob.say(`RMD ${path}`, `550 ${path.split('/').at(-1)} belongs to ana.`)
  await setRights(ftp.system, 'list /* *')
  await bob.say(`DELE ${path}/read.bin`, '550 bob may not delete')
  await bob.close()
})

test('an upload that broke off goes on with the right to resume alone', async () => {
  const path = await freshRelease()
  const data = await ana.passive()
  await ana.say(`STOR ${path}/big.bin`, '150')
  data.write('half')
  // The bytes have to arrive before the word that ends it.
  for (let progress = ''; !progress.includes(' 4 bytes');) progress = await ana.say('STAT', '213')
  await ana.say('ABOR', '426')
  await ana.expect('226')
  data.destroy()
  await setRights(ftp.system, 'upload /* *')
  await ana.say(`SIZE ${path}/big.bin`, '550 ana may not list')
  expect(await ana.store(`${path}/big.bin`, 'rest', 'APPE')).toMatch(/^550 ana may not resume/)
  await setRights(ftp.system, 'resume /* *')
  await ana.say(`SIZE ${path}/big.bin`, '213 4')
  expect(await ana.store(`${path}/big.bin`, 'half rest')).toMatch(/^550 ana may not upload/)
  expect(await ana.store(`${path}/big.bin`, ' rest', 'APPE')).toMatch(/^226 9 bytes/)
})

test('a bad file is not replaced by who may resume alone', async () => {
  const path = await freshRelease()
  expect(await ana.store(`${path}/rel.sfv`, 'read.bin 00000001\r\n')).toMatch(/^226/)
  const data = await ana.passive()
  await ana.say(`STOR ${path}/read.bin`, '150')
  data.write('half')
  for (let progress = ''; !progress.includes(' 4 bytes');) progress = await ana.say('STAT', '213')
  await ana.say('ABOR', '426')
  await ana.expect('226')
  data.destroy()
  await setRights(ftp.system, 'resume /* *')
  expect(await ana.store(`${path}/read.bin`, 'rest', 'APPE')).toMatch(/^550 ana may not upload/)
  await setRights(ftp.system, 'resume /* *\noverwrite /* *')
  expect(await ana.store(`${path}/read.bin`, 'rest', 'APPE')).toMatch(/^550 Bad CRC32/)
})

test('a bad file is brought anew by who may upload or overwrite, a good one by nobody', async () => {
  const path = await freshRelease()
  const sfv = 'read.bin 00000001\r\ndelete.bin 00000002\r\n'
  expect(await ana.store(`${path}/rel.sfv`, sfv)).toMatch(/^226/)
  await setRights(ftp.system, 'list /* *\nupload */read.bin *\noverwrite */delete.bin *')
  const bob = await ftp.login('bob')
  for (const file of ['read.bin', 'delete.bin']) {
    // The right is there: it is what comes that the sfv knows otherwise.
    expect(await bob.store(`${path}/${file}`, 'wrong again')).toMatch(/^550 Bad CRC32/)
  }
  expect(await bob.store(`${path}/move.bin`, 'x')).toMatch(/^550 bob may not upload/)
  await setRights(ftp.system, 'overwrite /* *')
  expect(await bob.store(`${path}/move.bin`, 'x')).toMatch(/^553 move.bin is here already/)
  await bob.close()
})

test('a change of the rights counts for who is in already', async () => {
  const path = await freshRelease()
  const bob = await ftp.login('bob')
  expect((await bob.retrieve(`RETR ${path}/read.bin`)).reply).toMatch(/^226/)
  await setRights(ftp.system, 'list /* *\ndownload /* !-bob *')
  const refused = await bob.retrieve(`RETR ${path}/read.bin`)
  expect(refused.reply).toMatch(/^550 bob may not download .*"!-bob" in line 2 of the rights/)
  expect((await ana.retrieve(`RETR ${path}/read.bin`)).reply).toMatch(/^226/)
  await bob.close()
})

describe('an API token', () => {
  test.each([
    [['read'], LOOKING],
    [['download'], 'CWD RETR'],
    [['upload'], 'CWD STOR APPE MKD rename move DELE RMD'],
    [['read', 'download'], `${LOOKING} RETR`],
    [['chat', 'site', 'admin', 'audit'], ''],
  ] as const)('for %j does %j', async (scopes, succeeds) => {
    const path = await freshRelease()
    const client = await loginByToken(ftp, 'ana', scopes)
    expect(await succeeding(client, path)).toBe(succeeds)
    await client.close()
  })

  test('is told what it is for', async () => {
    const path = await freshRelease()
    const client = await loginByToken(ftp, 'ana', ['read'])
    const { reply } = await client.retrieve(`RETR ${path}/read.bin`)
    expect(reply).toBe('550 The token is for read alone.')
    await client.close()
  })
})
