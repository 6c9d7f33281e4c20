import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { type IrcTestServer, startIrc } from '#test/conformance/irc-server.ts'
import { isMissing } from '#test/e2e/programs.ts'

const run = promisify(execFile)

/** Real clients in a terminal of their own, which tmux keeps. */
const CLIENTS = {
  irssi: (home: string, port: number) =>
    `irssi --home=${home} --connect=127.0.0.1 --port=${port} --nick=alice --password=alice:password`,
  'weechat-headless': (home: string, port: number) =>
    `weechat-headless --stdout --dir ${home} -r '/set logger.file.flush_delay 0'` +
    ` -r '/server add veza 127.0.0.1/${port} -notls -password=alice:password -nicks=alice -autojoin=#site'` +
    ` -r '/set irc.server.veza.capabilities "*"' -r '/connect veza'`,
} as const

let server: IrcTestServer
let home: string
const socket = `veza-irc-${process.pid}`
const tmux = (...words: readonly string[]) => run('tmux', ['-L', socket, ...words])
const screen = async () => (await tmux('capture-pane', '-p', '-J', '-t', 'irc')).stdout

beforeAll(async () => {
  server = await startIrc(['alice', 'bob'])
  home = await mkdtemp(join(tmpdir(), 'veza-irc-'))
})

afterAll(async () => {
  await server.stop()
  await rm(home, { recursive: true, force: true })
})

function announce(text: string) {
  const { host, ids } = server.system
  return host.send(
    { kind: 'room', id: 'site' },
    { type: 'room.announce', text, about: ids.next() } as never,
    { by: null, connection: null, commandId: ids.next() },
  )
}

async function membersOfSite(): Promise<string[]> {
  const { context } = await server.system.host.state<{ members: object }>({
    kind: 'room',
    id: 'site',
  })
  return Object.keys(context.members)
}

test.skipIf(isMissing('irssi', 'tmux'))(
  'irssi logs in, joins #site, sees an announcement and speaks',
  async () => {
    const command = CLIENTS.irssi(home, server.port)
    await tmux('new-session', '-d', '-s', 'irc', '-x', '160', '-y', '40', command)
    try {
      await expect.poll(screen, { timeout: 20_000 }).toContain('Welcome to veza, alice!alice@veza')
      await tmux('send-keys', '-t', 'irc', '/join #site', 'Enter')
      await expect.poll(membersOfSite, { timeout: 20_000 }).toEqual(['alice'])
      await announce('[ NEW ] [incoming] Some.Release-GRP by bob')
      await expect
        .poll(screen, { timeout: 20_000 })
        .toMatch(/<\s*veza>\s+\[ NEW \] \[incoming\] Some\.Release-GRP by bob/)
      await tmux('send-keys', '-t', 'irc', 'hello everybody', 'Enter')
      await expect.poll(lastSaid, { timeout: 20_000 }).toEqual({
        member: 'alice',
        text: 'hello everybody',
      })
      await tmux('send-keys', '-t', 'irc', '/quit', 'Enter')
      await expect.poll(membersOfSite, { timeout: 20_000 }).toEqual([])
    } finally {
      // The server of this socket alone; it may have gone with its only window.
      await tmux('kill-server').catch(() => {})
    }
  },
)

async function lastSaid(): Promise<unknown> {
  let said: unknown
  for await (const { type, data } of server.system.log.readStream('room-site')) {
    if (type === 'room.message-posted') said = data
  }
  return said
}

test.skipIf(isMissing('weechat-headless'))(
  'weechat with every capability joins and sees an announcement',
  async () => {
    const weechatHome = join(home, 'weechat')
    const child = execFile('sh', [
      '-c',
      `exec ${CLIENTS['weechat-headless'](weechatHome, server.port)}`,
    ])
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.stdout!.resume()
    const shown = () => readFile(join(weechatHome, 'logs', 'irc.veza.#site.weechatlog'), 'utf8')
    try {
      await expect.poll(membersOfSite, { timeout: 30_000 }).toEqual(['alice'])
      await announce('[ RACE ] halfway there')
      await expect.poll(shown, { timeout: 20_000 }).toMatch(/\tveza\t\[ RACE \] halfway there\n/)
    } finally {
      child.kill('SIGTERM')
      await ended
    }
    await expect.poll(membersOfSite, { timeout: 20_000 }).toEqual([])
  },
)
