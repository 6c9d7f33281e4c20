import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Command } from '#actors/kernel/host.ts'
import { memberSubject } from '#events/seals.ts'
import {
  type SiteWithReadModels,
  startWithReadModels,
} from '#test/conformance/administration.fixture.ts'

let site: SiteWithReadModels

beforeAll(async () => {
  site = await startWithReadModels()
  await site.system.addMember({ name: 'auditor', group: 'AUDITORS' })
})
afterAll(() => site.stop())

const get = (path: string, as = 'root') => site.ask('GET', `/api/v1${path}`, { as })

const ADDRESS = '192.0.2.7:50000'

/** A member comes in over a gateway, from an address that is sealed as given. */
async function comeIn(gateway: string, account: string, remote: string | null): Promise<string> {
  const { host, ids } = site.system
  const id = ids.next()
  const send = (command: object) =>
    host.send({ kind: 'connection', id }, command as Command, {
      by: null,
      connection: id,
      commandId: ids.next(),
    })
  await send({ type: 'connection.open', gateway, node: 'test' })
  const proof = { group: 'GRP', method: 'password', remote }
  await send({ type: 'connection.authenticate', account, ...proof })
  return id
}

const sealed = (account: string) =>
  site.system.seals.seal(memberSubject(account), 'remote', ADDRESS)

/** Sets another's flags over a connection; the id of the command. */
async function setFlags(whom: string, by: string, connection: string, flags: string) {
  const { host, ids, log } = site.system
  const commandId = ids.next()
  const command = { type: 'account.set-flags', flags } as Command
  await host.send({ kind: 'account', id: whom }, command, { by, connection, commandId })
  const head = await log.head()
  await expect
    .poll(async () => (await get('/audit?limit=1')).body.position)
    .toBeGreaterThanOrEqual(head)
  return commandId
}

describe('the audit', () => {
  test('says who did what to whom, over which gateway, how and from where', async () => {
    const connection = await comeIn('ftp', 'alice', await sealed('alice'))
    const command = await setFlags('bob', 'alice', connection, '34')
    const { body } = await get('/audit?whom=BOB&gateway=ftp&member=alice')
    expect(body.items).toMatchObject([
      {
        type: 'account.flags-set',
        data: { flags: '34' },
        by: 'alice',
        subject: 'bob',
        connection,
        gateway: 'ftp',
        method: 'password',
        from: ADDRESS,
        command_id: command,
      },
    ])
    expect((await get(`/audit?command=${command}`)).body.items).toEqual(body.items)
    expect((await get('/audit?whom=bob&gateway=irc')).body.items).toEqual([])
    const { items } = (await get('/audit?whom=bob&gateway=ftp', 'auditor')).body
    expect(items).toMatchObject([{ subject: 'bob', gateway: 'ftp', from: null }])
  })

  test('leaves out what cannot be opened, and tells the rest', async () => {
    const broken = (await sealed('alice')).slice(0, -4)
    const remotes = [broken, await sealed('bob'), 'no seal', null]
    for (const [index, remote] of remotes.entries()) {
      const connection = await comeIn('irc', 'alice', remote)
      const command = await setFlags('bob', 'alice', connection, `3${'ABCD'[index]}`)
      const { status, body } = await get(`/audit?command=${command}`)
      expect(status).toBe(200)
      expect(body.items).toMatchObject([{ subject: 'bob', gateway: 'irc', from: null }])
    }
  })

  test('does not say any more where one was who is forgotten', async () => {
    await site.system.addMember({ name: 'zoe' })
    const connection = await comeIn('ws', 'zoe', await sealed('zoe'))
    const command = await setFlags('bob', 'zoe', connection, '37')
    const from = async () => (await get(`/audit?command=${command}`)).body.items[0].from
    expect(await from()).toBe(ADDRESS)
    await site.system.seals.destroy(memberSubject('zoe'))
    expect(await from()).toBeNull()
  })
})

test('who is on is told to members, and from where to those who run the site', async () => {
  const id = await comeIn('ftp', 'bob', await sealed('bob'))
  const seenBy = async (as: string) => {
    const { items } = (await get('/connections', as)).body
    return items.find((each: { id: string }) => each.id === id)
  }
  await expect.poll(() => seenBy('root')).toMatchObject({ member: 'bob', remote: ADDRESS })
  expect(await seenBy('auditor')).toMatchObject({ method: 'password', remote: null })
})
