import { afterEach, expect, it } from 'vitest'

import { accountActor } from '#actors/account/account.actor.ts'
import type { AccountCommand } from '#actors/account/account.commands.ts'
import { connectionActor } from '#actors/connection/connection.actor.ts'
import type { ConnectionCommand } from '#actors/connection/connection.commands.ts'
import { createDoorkeeper } from '#actors/presence/doorkeeper.ts'
import { presenceActor } from '#actors/presence/presence.actor.ts'
import type { PresenceCommand, PresenceContext } from '#actors/presence/presence.commands.ts'
import { createConsumerRun } from '#test/consumer-run.ts'

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const session = uuid(50)
const runs: ReturnType<typeof createConsumerRun>[] = []

async function createAliceInside() {
  const run = createConsumerRun([accountActor, connectionActor, presenceActor])
  runs.push(run)
  const account = (command: AccountCommand) => run.send('account', 'alice', command)
  const connection = (command: ConnectionCommand) => run.send('connection', 'c1', command)
  const presence = (command: PresenceCommand) => run.send('presence', 'alice', command)
  const about = { name: 'Alice', group: 'GRP', flags: '', credential: uuid(1) }
  await account({ type: 'account.create', ...about })
  await connection({ type: 'connection.open', gateway: 'ftp', node: 'x' })
  await presence({
    type: 'presence.enter',
    connection: 'c1',
    gateway: 'ftp',
    network: 'n',
    proof: 'password',
    loginsMax: null,
    loginsPerAddressMax: null,
    isExempt: false,
  })
  const proof = { account: 'alice', group: 'GRP', method: 'password', remote: null }
  await connection({ type: 'connection.authenticate', ...proof })
  await presence({
    type: 'presence.open-session',
    session,
    method: 'password',
    mfa: false,
    credential: uuid(1),
    token: 'x'.repeat(43),
    remote: null,
    expiresAt: run.clock.now() + 60_000,
  })
  const doorkeeper = createDoorkeeper(run.host)
  await run.settle(doorkeeper)
  const inside = async () =>
    (await run.host.state<PresenceContext>({ kind: 'presence', id: 'alice' })).context
  const door = async () => (await run.host.state({ kind: 'connection', id: 'c1' })).value
  return { run, doorkeeper, account, connection, presence, inside, door }
}

afterEach(async () => {
  for (const run of runs.splice(0)) await run.stop()
})

it('lets a member stay whose account is as it was, or whose flags and role alone change', async () => {
  const { run, doorkeeper, account, inside, door } = await createAliceInside()
  await account({ type: 'account.set-flags', flags: '1' })
  await account({ type: 'account.set-role', role: 'moderator' })
  await run.settle(doorkeeper)
  expect(Object.keys((await inside()).sessions)).toEqual([session])
  expect(await door()).toBe('authenticated')
})

const ENDS: [AccountCommand, string][] = [
  [{ type: 'account.set-password', credential: uuid(2) }, 'password-changed'],
  [{ type: 'account.ban', until: null, reason: 'spam' }, 'banned'],
  [{ type: 'account.deactivate', reason: 'away' }, 'deactivated'],
  [{ type: 'account.delete', reason: 'gone' }, 'account-deleted'],
  [{ type: 'account.forget' }, 'account-deleted'],
]

it.each(ENDS)('sends everybody out once after %j', async (command, reason) => {
  const { run, doorkeeper, account, inside, door } = await createAliceInside()
  await account(command)
  await run.settle(doorkeeper)
  expect(await inside()).toEqual({ connections: {}, sessions: {} })
  expect(await door()).toBe('closed')
  const facts = await run.recorded('presence', 'connection')
  const ends = facts.filter(({ type }) => /ended|dismissed|closed/.test(type))
  expect(ends.map(({ type, data }) => [type, (data as { reason: string }).reason])).toEqual([
    ['presence.session-ended', reason],
    ['presence.dismissed', reason],
    ['connection.closed', reason],
  ])
  const head = await run.log.head()
  await run.repeat(doorkeeper)
  const other = run.createRunningHost()
  await run.repeat(createDoorkeeper(other))
  await other.stop()
  expect(await run.log.head()).toBe(head)
})

it('notes who has left, and closes whom somebody has dismissed', async () => {
  const { run, doorkeeper, connection, inside } = await createAliceInside()
  const figures = { receivedBytes: 1, sentBytes: 2 }
  await connection({ type: 'connection.close', reason: 'quit', ...figures })
  await run.settle(doorkeeper)
  expect((await inside()).connections).toEqual({})
  const other = await createAliceInside()
  await other.presence({ type: 'presence.dismiss', connection: 'c1', reason: 'kicked' })
  await other.run.settle(other.doorkeeper)
  expect(await other.door()).toBe('closed')
})

it('has nobody to note when a connection closes by which nobody was in', async () => {
  const { run, doorkeeper } = await createAliceInside()
  await run.send('connection', 'c2', {
    type: 'connection.open',
    gateway: 'irc',
    node: 'x',
  } as never)
  const closed = { type: 'connection.close', reason: 'quit', receivedBytes: 0, sentBytes: 0 }
  await run.send('connection', 'c2', closed)
  await run.settle(doorkeeper)
  expect((await run.recorded('presence')).map(({ type }) => type)).toEqual([
    'presence.entered',
    'presence.session-opened',
  ])
})
