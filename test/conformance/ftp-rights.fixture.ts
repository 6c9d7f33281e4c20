import type { TokenScope } from '#actors/account/account.commands.ts'
import { SITE_POLICY } from '#actors/policy/policy.commands.ts'
import { DEFAULT_RIGHTS_TEXT } from '#actors/policy/default-rights.ts'
import { linesOf } from '#actors/policy/rights.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import type { FtpFixture } from '#test/conformance/ftp-fixture.ts'
import type { TestSystem } from '#test/harness.ts'

/** Without it nobody could change the rights any more. */
const ALWAYS = 'administer-rights - 1'

/** Puts rights in force; without a text those of a site that has set none. */
export async function setRights({ host, ids }: TestSystem, text?: string): Promise<void> {
  const rights = linesOf(text === undefined ? DEFAULT_RIGHTS_TEXT : `${text}\n${ALWAYS}`)
  const command = { type: 'policy.set-rights', rights } as const
  const context = { by: null, connection: null, commandId: ids.next() }
  await host.send({ kind: 'policy', id: SITE_POLICY }, command, context)
}

/** A release with files and empty directories, all made by the client's member. */
export async function makeRelease(client: FtpClient, release: string): Promise<string> {
  const path = `/incoming/${release}`
  await client.say(`MKD ${path}`, '257')
  for (const directory of ['CD1', 'CD2']) await client.say(`MKD ${path}/${directory}`, '257')
  for (const file of FILES) {
    const reply = await client.store(`${path}/${file}`, `content of ${file}`)
    if (!reply.startsWith('226')) throw new Error(reply)
  }
  return path
}

const FILES = ['read.bin', 'rename.bin', 'move.bin', 'delete.bin']

/** The text of a new API token of the member. */
export async function tokenOf(
  { apiTokens, ids }: TestSystem,
  name: string,
  scopes: readonly TokenScope[],
): Promise<string> {
  const context = { by: name, connection: null, commandId: ids.next() }
  const token = { label: scopes.join(' '), scopes, expiresAt: null }
  return (await apiTokens.create(name, token, context)).text
}

export async function loginByToken(
  ftp: FtpFixture,
  name: string,
  scopes: readonly TokenScope[],
): Promise<FtpClient> {
  const text = await tokenOf(ftp.system, name, scopes)
  const client = await ftp.connect()
  await client.expect('220')
  await client.say(`USER ${name}`, '331')
  await client.say(`PASS ${text}`, '230')
  await client.say('TYPE I', '200')
  return client
}

type Attempt = (client: FtpClient, path: string) => Promise<string>

const says =
  (verb: string, rest = ''): Attempt =>
  (client, path) =>
    client.say(`${verb} ${path}${rest}`)

const fetches =
  (verb: string, rest = ''): Attempt =>
  async (client, path) =>
    (await client.retrieve(`${verb} ${path}${rest}`)).reply

const renames =
  (from: string, to: string): Attempt =>
  async (client, path) => {
    const first = await client.say(`RNFR ${path}/${from}`)
    return first.startsWith('350') ? await client.say(`RNTO ${path}/${to}`) : first
  }

/** What can be tried in a release of `makeRelease`: each leaves the others what they need. */
export const ATTEMPTS = {
  LIST: fetches('LIST'),
  NLST: fetches('NLST'),
  MLSD: fetches('MLSD'),
  MLST: says('MLST'),
  STAT: says('STAT'),
  SIZE: says('SIZE', '/read.bin'),
  MDTM: says('MDTM', '/read.bin'),
  CWD: says('CWD'),
  RETR: fetches('RETR', '/read.bin'),
  STOR: (client, path) => client.store(`${path}/new.bin`, 'new'),
  APPE: (client, path) => client.store(`${path}/other.bin`, 'new', 'APPE'),
  MKD: says('MKD', '/CD3'),
  rename: renames('rename.bin', 'renamed.bin'),
  move: renames('move.bin', 'CD1/move.bin'),
  DELE: says('DELE', '/delete.bin'),
  RMD: says('RMD', '/CD2'),
} as const satisfies Record<string, Attempt>

export type AttemptName = keyof typeof ATTEMPTS

/** What of it succeeds, as words in their order; each of the rest must be answered with 550. */
export async function succeeding(client: FtpClient, path: string): Promise<string> {
  const done: string[] = []
  for (const [name, attempt] of Object.entries(ATTEMPTS)) {
    const reply = await attempt(client, path)
    if (reply.startsWith('2')) done.push(name)
    else if (!reply.startsWith('550')) throw new Error(`${name}: ${reply}`)
  }
  return done.join(' ')
}
