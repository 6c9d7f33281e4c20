import { mkdtemp, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import type { AccountContext } from '#actors/account/account.commands.ts'
import { askServer } from '#gateways/control/client.ts'
import { performForOperator } from '#gateways/control/operations.ts'
import { DataFolderInUse, startControlServer } from '#gateways/control/server.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

let system: TestSystem
let folder: string
let path: string
let server: Awaited<ReturnType<typeof startControlServer>>

beforeAll(async () => {
  system = await createTestSystem()
  folder = await mkdtemp(join(tmpdir(), 'veza-control-'))
  path = join(folder, 'control.sock')
  server = await startControlServer(path, async (request) => {
    if (request.method === 'status') return { pid: 1 }
    const { operation, params } = request.params
    return await performForOperator({ ...system, readModels: undefined }, operation, params)
  })
})
afterAll(async () => {
  await server.stop()
  await system.stop()
  await rm(folder, { recursive: true })
})

const operate = (operation: string, params: unknown) =>
  askServer(path, { method: 'operate', params: { operation, params } })

/** What the log has of connections since a position. */
async function connectionsAfter(after: number): Promise<string[]> {
  const types: string[] = []
  for await (const { stream, type } of system.log.readAll({ after })) {
    if (stream.startsWith('connection-')) types.push(type)
  }
  return types
}

it('is for the owner of the data folder alone', async () => {
  const { mode } = await stat(path)
  expect(mode & 0o777).toBe(0o600)
  await expect(startControlServer(path, async () => null)).rejects.toBeInstanceOf(DataFolderInUse)
  expect(await askServer(path, { method: 'status', params: {} })).toEqual({ pid: 1 })
})

it('does what changes something by a connection, which is closed whatever comes of it', async () => {
  const before = await system.log.head()
  const member = { name: 'bob', password: 'rowing-boat-7751', group: 'GRP', flags: '3' }
  expect(await operate('account.add', member)).toMatchObject({ name: 'bob', group: 'GRP' })
  expect(await connectionsAfter(before)).toEqual(['connection.opened', 'connection.closed'])
  const [created] = await Array.fromAsync(system.log.readStream('account-bob', { limit: 1 }))
  const opened = `connection-${created!.meta.connection}`
  const [first] = await Array.fromAsync(system.log.readStream(opened))
  expect(first).toMatchObject({ type: 'connection.opened', data: { gateway: 'control' } })

  const again = await system.log.head()
  await expect(operate('account.add', member)).rejects.toMatchObject({ code: 'account-exists' })
  expect(await connectionsAfter(again)).toEqual(['connection.opened', 'connection.closed'])
})

it('leaves no trace of what is only looked at', async () => {
  const before = await system.log.head()
  expect(await operate('account.show', { account: 'bob' })).toMatchObject({ id: 'bob' })
  await expect(operate('account.list', {})).rejects.toMatchObject({ code: 'no-read-models' })
  expect(await system.log.head()).toBe(before)
})

it('says what is wrong with the parameters, field by field', async () => {
  await expect(operate('account.show', { account: '../x' })).rejects.toMatchObject({
    code: 'invalid-parameters',
    fields: { errors: [{ pointer: '/account' }] },
  })
})

it.each(['account.steal', 'constructor', '__proto__', ''])(
  'knows no operation %o',
  async (name) => {
    await expect(operate(name, {})).rejects.toMatchObject({ code: 'no-such-operation' })
  },
)

it('takes no request that is too long, and ends the connection of who sends it', async () => {
  const long = { account: 'x'.repeat(70_000) }
  await expect(operate('account.show', long)).rejects.toMatchObject({ code: 'request-too-large' })
  const socket = connect(path)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {})
  socket.write('x'.repeat(70_000))
  await closed
})

it('answers what is no request, and goes on', async () => {
  const socket = connect(path)
  const lines: string[] = []
  const both = new Promise<void>((resolve) => {
    socket.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter((line) => line !== ''))
      if (lines.length === 2) resolve()
    })
  })
  socket.write('nonsense\n{"method":"status","params":{}}\n')
  await both
  socket.destroy()
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { ok: false, code: 'invalid-request' },
    { ok: true, result: { pid: 1 } },
  ])
})

it('wraps keys anew only when there is something to wrap', async () => {
  await operate('account.set', { account: 'bob', email: 'bob@example.org' })
  expect(await operate('keys.rewrap', {})).toEqual({ rewrapped: 0 })
  await expect(operate('keys.rotate-master', {})).rejects.toMatchObject({
    code: 'master-key-in-settings',
  })
  const { context } = await system.host.state<AccountContext>({ kind: 'account', id: 'bob' })
  expect(context.email).toMatch(/^v1\./)
})
