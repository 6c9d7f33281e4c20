import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Command } from '#actors/kernel/host.ts'
import { memberSubject } from '#events/seals.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createReadModels } from '#projections/create-read-models.ts'
import { type HttpTestServer, startHttp } from '#test/conformance/http-server.ts'
import { runnerOf, startPostgres } from '#test/conformance/projections.fixture.ts'
import { createTestSystem } from '#test/harness.ts'

let server: HttpTestServer
let stopAll: () => Promise<void>

beforeAll(async () => {
  const system = await createTestSystem()
  const postgres = await startPostgres()
  const runner = runnerOf(postgres.db, system.log, 'veza')
  runner.start()
  const schema = 'veza'
  const readModels = createReadModels({ db: postgres.db, schema, clock: systemClock, runner })
  server = await startHttp({ system, readModels })
  await system.addMember({ name: 'auditor', group: 'AUDITORS' })
  stopAll = async () => {
    await server.stop()
    await runner.stop()
    await postgres.stop()
  }
})
afterAll(() => stopAll())

async function get(path: string, as = 'root') {
  const authorization = `Basic ${btoa(`${as}:password`)}`
  const url = `http://127.0.0.1:${server.port}/api/v1${path}`
  const response = await fetch(url, { headers: { authorization } })
  return { status: response.status, body: (await response.json()) as any }
}

const ADDRESS = '192.0.2.7:50000'

/** A member comes in over a gateway, from an address that is sealed as given. */
async function comeIn(gateway: string, account: string, remote: string | null): Promise<string> {
  const { host, ids } = server.system
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
  server.system.seals.seal(memberSubject(account), 'remote', ADDRESS)

/** Sets another's flags over a connection; the id of the command. */
async function setFlags(whom: string, by: string, connection: string, flags: string) {
  const { host, ids, log } = server.system
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
    await server.system.addMember({ name: 'zoe' })
    const connection = await comeIn('ws', 'zoe', await sealed('zoe'))
    const command = await setFlags('bob', 'zoe', connection, '37')
    const from = async () => (await get(`/audit?command=${command}`)).body.items[0].from
    expect(await from()).toBe(ADDRESS)
    await server.system.seals.destroy(memberSubject('zoe'))
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
