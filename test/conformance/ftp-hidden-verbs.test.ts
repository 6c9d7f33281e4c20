import { afterAll, beforeAll, expect, test } from 'vitest'

import type { PathRight } from '#actors/policy/actions.ts'
import { operate } from '#test/conformance/administration.fixture.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'

/** What is hidden from bob, as what is there for others: a release, a directory, a section. */
const PLACES: readonly (readonly [hidden: string, absent: string])[] = [
  ['/incoming/Secret-One', '/incoming/Nothing-1x'],
  ['/incoming/Open-One/proofs', '/incoming/Open-One/nothing'],
  ['/incoming/Open-One/x.proof', '/incoming/Open-One/x.none'],
  ['/pre-crew', '/pre-none'],
  ['/pre-crew/Release-One', '/pre-none/Release-One'],
]

/** Lines about hidden places alone come first, as an affil's do: none of them may show. */
const HIDING = [
  'privpath /incoming/Secret-* 1',
  'privpath /incoming/*/proofs 1',
  'privpath /incoming/*.proof 1',
  'privpath /pre-crew 1',
]

const RIGHTS: readonly PathRight[] = [
  'list',
  'download',
  'upload',
  'resume',
  'overwrite',
  'makedir',
  'delete',
  'deleteown',
  'rename',
  'renameown',
  'filemove',
  'chmod',
  'nuke',
  'unnuke',
  'wipe',
  'pre',
  'request',
  'undupe',
]

type Attempt = (client: FtpClient, path: string) => Promise<string>

const say =
  (line: string): Attempt =>
  (client, path) =>
    client.say(line.replaceAll('%', path))
const fetch =
  (line: string): Attempt =>
  async (client, path) =>
    (await client.retrieve(line.replaceAll('%', path))).reply

const AT_BOTH = ['CWD', 'MLST', 'STAT', 'SIZE', 'MDTM', 'RMD', 'DELE', 'RNFR', 'SITE CHMOD 644']
const LINES = `
  MKD %/CD3
  MFMT 20261121103000 %/read.bin
  MDTM 20261121103000 %/read.bin
  MFF UNIX.mode=644; %/read.bin
  XCRC %/read.bin
  XSHA256 %/read.bin
  HASH %/read.bin
  PRET RETR %/read.bin
  PRET STOR %/read.bin
  SIZE %/album.m3u
  STAT -d %
  SITE NUKE % 3 bad
  SITE UNNUKE % good
  SITE WIPE %
  SITE WIPE -r %
  SITE PRE %
  SITE PREVIEW %
  SITE RESCAN %
  SITE ASOF 2000-01-01 %
  SITE UTIME 20261121103000 %/read.bin`
const FETCHED = `
  LIST %
  NLST %
  MLSD %
  LIST -R %
  RETR %
  RETR %/read.bin
  RETR %/.message
  RETR %/album.m3u`

const linesIn = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim())
const SAID = [...linesIn(LINES), ...AT_BOTH.flatMap((verb) => [`${verb} %`, `${verb} %/read.bin`])]

const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  ...Object.fromEntries(SAID.map((line) => [line, say(line)])),
  ...Object.fromEntries(linesIn(FETCHED).map((line) => [line, fetch(line)])),
  'STOR %/new.bin': (client, path) => client.store(`${path}/new.bin`, 'x'),
  'APPE %/new.bin': (client, path) => client.store(`${path}/new.bin`, 'x', 'APPE'),
  'STOU %/new.bin': (client, path) => client.store(`${path}/new.bin`, 'x', 'STOU'),
  async 'RNFR, RNTO %/moved.bin'(client, path) {
    const first = await client.say('RNFR /incoming/Open-One/read.bin')
    return first.startsWith('350') ? await client.say(`RNTO ${path}/moved.bin`) : first
  },
  async 'REST, STOR %/new.bin'(client, path) {
    await client.say('REST 5', '350')
    return await client.store(`${path}/new.bin`, 'x')
  },
}

/** What is made where nothing is differs from what is hidden, but only for who may make it. */
const MAKING: Readonly<Record<string, readonly PathRight[]>> = {
  'MKD %': ['makedir'],
  'STOR %': ['upload'],
  'APPE %': ['upload'],
  'PRET STOR %': [],
}

let ftp: FtpFixture
let bob: FtpClient

beforeAll(async () => {
  ftp = await startFtp()
  await ftp.system.addMember({ name: 'op', flags: '13', group: 'STAFF' })
  await ftp.system.addMember({ name: 'bob' })
  await operate(ftp.system, 'section.add', { name: 'pre-crew' })
  await setRights(ftp.system, RIGHTS.map((right) => `${right} /* *`).join('\n'))
  const op = await ftp.login('op')
  for (const path of ['/incoming/Secret-One', '/incoming/Open-One', '/pre-crew/Release-One']) {
    await op.say(`MKD ${path}`, '257')
    await op.say(`MKD ${path}/proofs`, '257')
    for (const name of ['', 'proofs/']) await put(op, `${path}/${name}read.bin`)
  }
  bob = await ftp.login('bob')
})
afterAll(() => ftp.stop())

async function put(client: FtpClient, path: string): Promise<void> {
  const reply = await client.store(path, 'content')
  if (!reply.startsWith('226')) throw new Error(`${path}: ${reply}`)
}

/** What both are answered with, where nothing tells them apart. */
async function compare(name: string, attempt: Attempt, [hidden, absent]: (typeof PLACES)[number]) {
  await bob.say('CWD /', '250')
  const [one, other] = [await attempt(bob, hidden), await attempt(bob, absent)]
  const said = (reply: string, path: string) => `${name}: ${reply.replaceAll(path, '<path>')}`
  expect(unique(said(one, hidden))).toBe(unique(said(other, absent)))
  return one
}

/** STOU makes up a name each time. */
const unique = (text: string): string => text.replaceAll(/[0-9a-f-]{36}/g, '<id>')

async function asWith(granted: readonly PathRight[]): Promise<void> {
  const about = RIGHTS.flatMap((right) => [
    `${right} /pre-crew 1 =CREW`,
    `${right} /pre-crew/* 1 =CREW`,
    `${right} /incoming/Secret-One* 1`,
    ...(granted.includes(right) ? [`${right} /* *`] : [`${right} /* 1`]),
  ])
  const list = granted.includes('list') ? [] : ['list / *']
  await setRights(ftp.system, [...HIDING, ...list, ...about].join('\n'))
}

const CASES: readonly (readonly [string, readonly PathRight[]])[] = [
  ['no right', []],
  ...RIGHTS.map((right) => [right, [right]] as const),
  ['list and download', ['list', 'download']],
  ['list, upload and resume', ['list', 'upload', 'resume']],
  ['all rights', RIGHTS],
]

test.each(CASES)('with %s, what is hidden is answered as what is absent', async (_, granted) => {
  await asWith(granted)
  const told = new Set<string>()
  for (const place of PLACES) {
    for (const [name, attempt] of Object.entries(ATTEMPTS)) {
      told.add(await compare(name, attempt, place))
    }
    for (const [line, making] of Object.entries(MAKING)) {
      if (making.some((right) => granted.includes(right))) continue
      const [verb = ''] = line.split(' ')
      const stores: Attempt = (client, path) => client.store(path, 'x', verb)
      const attempt = verb === 'STOR' || verb === 'APPE' ? stores : say(line)
      told.add(await compare(line, attempt, place))
    }
  }
  const replies = [...told].join('\n')
  expect(replies).not.toContain('is private')
  // Else all of them could have been refused before anything was asked.
  if (granted.length === 0) expect(replies).toContain('bob may not upload')
  else expect(replies).toContain('No such file or directory.')
})
