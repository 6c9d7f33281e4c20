import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { SectionContext } from '#actors/section/section.commands.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { ATTEMPTS, type AttemptName, setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { memberNamed } from '#test/member.ts'

/** But for what is hidden, everybody may do everything. */
const GRANTS = [
  'list',
  'download',
  'upload',
  'makedir',
  'resume',
  'delete',
  'rename',
  'filemove',
].map((right) => `${right} /* *`)

const HIDING = [
  'privpath /incoming/Secret-* 1',
  'privpath /incoming/*/proof* 1',
  'privpath /incoming/Éclair 1',
  'privpath /private 1',
]

let ftp: FtpFixture
let op: FtpClient
let bob: FtpClient

async function put(path: string, content: string): Promise<void> {
  const reply = await op.store(path, content)
  if (!reply.startsWith('226')) throw new Error(`${path}: ${reply}`)
}

async function makeWithSfv(release: string, files: readonly string[]): Promise<void> {
  await op.say(`MKD /incoming/${release}`, '257')
  const sum = crc32('content').toString(16).padStart(8, '0')
  await put(`/incoming/${release}/rel.sfv`, files.map((file) => `${file} ${sum}\r\n`).join(''))
}

beforeAll(async () => {
  ftp = await startFtp()
  await ftp.system.addMember({ name: 'op', flags: '13', group: 'STAFF' })
  await ftp.system.addMember({ name: 'bob' })
  await setRights(ftp.system, [...GRANTS, ...HIDING].join('\n'))
  op = await ftp.login('op')
  bob = await ftp.login('bob')
  await makeWithSfv('Secret-One', ['read.bin', 'away.bin'])
  await put('/incoming/Secret-One/read.bin', 'content')
  await makeWithSfv('Open-One', ['read.bin', 'away.bin', 'proof.jpg'])
  await put('/incoming/Open-One/read.bin', 'content')
  await op.say('MKD /incoming/Open-One/proofs', '257')
  await put('/incoming/Open-One/proofs/a.jpg', 'content')
  await op.say('MKD /incoming/Éclair', '257')
})
afterAll(() => ftp.stop())

describe('a listing shows what the member may see', () => {
  const SECRET = ['(incomplete)-Secret-One', 'Secret-One', 'Éclair']
  const OPEN = ['(incomplete)-Open-One', 'Open-One']
  const PROOFS = ['proof.jpg-missing', 'proofs']
  const FILES = ['away.bin-missing', 'read.bin', 'rel.sfv']

  const namesIn = async (client: FtpClient, verb: string, path: string): Promise<string[]> => {
    const rows = verb === 'STAT' ? [] : await client.list(`${verb} ${path}`)
    if (verb === 'STAT') rows.push(...(await client.say(`STAT ${path}`, '21')).split('\n'))
    const shown = [...SECRET, ...OPEN, ...PROOFS, ...FILES]
    return shown.filter((name) =>
      rows.some(
        (row) => row.split(' -> ')[0] === name || row.split(' -> ')[0]!.endsWith(` ${name}`),
      ),
    )
  }

  test.each(['LIST', 'NLST', 'MLSD', 'STAT'])('%s', async (verb) => {
    expect(await namesIn(op, verb, '/incoming')).toEqual([...SECRET, ...OPEN])
    expect(await namesIn(bob, verb, '/incoming')).toEqual(OPEN)
    expect(await namesIn(op, verb, '/incoming/Open-One')).toEqual([...PROOFS, ...FILES])
    expect(await namesIn(bob, verb, '/incoming/Open-One')).toEqual(FILES)
  })

  test('the same when another has just been shown all of it', async () => {
    const [all, some] = await Promise.all([op.list('NLST /incoming'), bob.list('NLST /incoming')])
    expect(all).toContain('Secret-One')
    expect(some.filter((name) => /secret|éclair/i.test(name))).toEqual([])
  })

  test.each(['(incomplete)-Secret-One', 'Open-One/proof.jpg-missing'])(
    'and a status entry is not there by its name either: %s',
    async (name) => {
      await op.say(`MLST /incoming/${name}`, '250')
      await bob.say(`MLST /incoming/${name}`, `550 /incoming/${name}: No such file or directory.`)
    },
  )
})

describe('what is hidden is answered as what is not there', () => {
  const names = Object.keys(ATTEMPTS) as AttemptName[]

  test.each(names)('%s', async (name) => {
    const hidden = await ATTEMPTS[name](bob, '/incoming/Secret-One')
    const absent = await ATTEMPTS[name](bob, '/incoming/Nothing-1x')
    expect(hidden).toMatch(/^550 .*No such file or directory\.$/)
    expect(hidden.replaceAll('Secret-One', 'Nothing-1x')).toBe(absent)
  })

  test.each([
    ['MLST', '/private', '/nothing'],
    ['CWD', '/private/x', '/nothing/x'],
    ['SIZE', '/private/x/y', '/nothing/x/y'],
    ['MKD', '/private', '/nothing'],
    ['MKD', '/private/x', '/nothing/x'],
    ['RMD', '/private', '/nothing'],
    ['RMD', '/incoming/Secret-One', '/incoming/Nothing-1x'],
    ['RMD', '/incoming/Open-One/proofs', '/incoming/Open-One/nothing'],
    ['DELE', '/incoming/Open-One/proofs/a.jpg', '/incoming/Open-One/nothing/a.jpg'],
    ['RNFR', '/incoming/Open-One/proofs', '/incoming/Open-One/nothing'],
  ])('%s %s is as %s', async (verb, hidden, absent) => {
    const reply = await bob.say(`${verb} ${hidden}`, '550')
    expect(reply.replaceAll(hidden, absent)).toBe(await bob.say(`${verb} ${absent}`, '550'))
  })

  test.each([
    ['/private', '/nothing'],
    ['/private/x', '/nothing/x'],
    ['/private/x/y', '/nothing/x/y'],
    ['/incoming/Secret-One', '/incoming/Nothing-1x'],
  ])('STOR %s is as %s', async (hidden, absent) => {
    const reply = await bob.store(hidden, 'x')
    expect(reply.replaceAll(hidden, absent)).toBe(await bob.store(absent, 'x'))
  })

  test('also whether somebody is there is not told before it is hidden, and nobody moves into it', async () => {
    await bob.say('MKD /incoming/Mine', '257')
    for (const name of ['Secret-One', 'Secret-Two']) {
      await bob.say('RNFR /incoming/Mine', '350')
      const refused = `550 /incoming/${name}: No such file or directory.`
      await bob.say(`RNTO /incoming/${name}`, refused)
      await bob.say(`MKD /incoming/${name}`, refused)
    }
    await bob.say('RMD /incoming/Mine', '250')
  })
})

test('SITE WHO is not told of what is uploaded to a hidden release', async () => {
  const section = { kind: 'section', id: 'incoming' }
  const { context } = await ftp.system.host.state<SectionContext>(section)
  const uploads = [
    ['Secret-One', 'x.bin'],
    ['Open-One', 'proofs/x.jpg'],
    ['Open-One', 'x.bin'],
  ].map(([release, file]) => ({ race: context.releases[release!]!, file: file! }))
  const seenBy = (name: string) =>
    ftp.site.seesUploads({ member: memberNamed(name), context: () => never() }, uploads)
  expect(await seenBy('op')).toEqual([true, true, true])
  expect(await seenBy('bob')).toEqual([false, false, true])
})

function never(): never {
  throw new Error('nothing is sent')
}

describe('no spelling gets past', () => {
  // What these mean is found out by asking with the rights, and again by who is not kept out.
  const SPELLINGS = [
    '/incoming/Secret-One',
    '/incoming/Secret-One/',
    '//incoming//Secret-One//',
    '/incoming/Secret-One/.',
    '/incoming/./Secret-One',
    '/incoming/Open-One/../Secret-One',
    '/incoming/../incoming/Secret-One',
    '/../incoming/Secret-One',
    '/incoming/Secret-One/nothing/..',
    '/incoming/\u00c9clair',
    '/incoming/E\u0301clair',
    '/incoming/Open-One/proofs',
    '/incoming/Open-One/proofs/../proofs',
  ]
  test.each(SPELLINGS)('%j', async (path) => {
    await op.say(`CWD ${path}`, '250')
    await op.say('CWD /', '250')
    await bob.say(`CWD ${path}`, '550')
    await bob.say(`MLST ${path}`, '550')
    await bob.say(`RNFR ${path}`, '550')
    await bob.say(`RMD ${path}`, '550')
    expect(await bob.list(`LIST ${path}`)).toEqual([])
    expect((await bob.retrieve(`RETR ${path}/read.bin`)).reply).toMatch(/^550/)
    expect(await bob.store(`${path}/new.bin`, 'x')).toMatch(/^550/)
  })

  const LOOKALIKES = [
    '/incoming/SECRET-NEW',
    '/incoming/secret-new',
    '/incoming/\uff33ecret-new',
    '/incoming/\u017fecret-new',
    '/incoming/Secret\u200b-new',
    '/incoming/S\u00adecret-new',
    '/incoming/Secret%2dnew',
    '/incoming/%53ecret-new',
    '/incoming/%2553ecret-new',
    '/incoming/\u00e9CLAIR',
    '/incoming/Open-One/PROOF',
    '/incoming/Open-One/pr\u2134of',
    '/incoming/Open-One/proof.',
    '/incoming/Open-One/proof ',
  ]
  test.each(LOOKALIKES)('and nothing is made that reads the same: %j', async (path) => {
    await bob.say(`MKD ${path}`, '550')
    expect(await bob.store(`${path}/x.bin`, 'x')).toMatch(/^550/)
  })

  test('from where the member is, either', async () => {
    await bob.say('CWD /incoming/Open-One', '250')
    for (const path of [
      'proofs',
      './proofs',
      'proofs/.',
      '../Secret-One',
      '../../incoming/Secret-One',
    ]) {
      await bob.say(`CWD ${path}`, '550')
      await bob.say(`STAT ${path}`, '550')
    }
    await bob.say('CWD /', '250')
  })
})
