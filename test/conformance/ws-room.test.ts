import { afterEach, beforeEach, expect, test } from 'vitest'

import type { RoomContext } from '#actors/room/room.commands.ts'
import { type HttpTestServer, startHttp } from '#test/conformance/http-server.ts'
import { logInWs } from '#test/conformance/ws-client.ts'

let server: HttpTestServer

beforeEach(async () => {
  server = await startHttp()
})

afterEach(() => server.stop())

test('talks in a room with the frames of the earlier chat server', async () => {
  const [alice, bob] = [await logInWs(server.port, 'alice'), await logInWs(server.port, 'bob')]
  const message = { room_id: 'site', content: 'hi' }
  expect((await alice.ask('send_message', message)).data.code).toBe('not-in-room')
  expect((await alice.ask('join_room', { room_id: 'nowhere' })).data.code).toBe('no-such-room')
  expect((await alice.ask('join_room', { room_id: 123 })).data.code).toBe('no-such-room')
  const joined = await alice.ask('join_room', { room_id: 'site', user_id: 456 })
  expect(joined).toMatchObject({ type: 'ack', data: { room_id: 'site', seq: 1 } })
  await bob.ask('join_room', { room_id: 'site' })
  expect(await alice.until(({ type }) => type === 'member_joined')).toMatchObject([
    { room_id: 'site', seq: 2, data: { member: 'bob', first: true } },
  ])
  const sent = await bob.ask('send_message', { ...message, parent_id: null, metadata: {} })
  const [frame] = await alice.until(({ type }) => type === 'message')
  expect(frame).toMatchObject({
    type: 'message',
    room_id: 'site',
    seq: sent.data.seq,
    position: sent.data.position,
    data: { message_id: sent.data.message_id, author: 'bob', content: 'hi' },
  })
  await bob.ask('leave_room', { room_id: 'site', reason: 'later' })
  expect(await alice.until(({ type }) => type === 'member_left')).toMatchObject([
    { data: { member: 'bob', reason: 'later', last: true } },
  ])
  await alice.end()
  const members = async () => {
    const { context } = await server.system.host.state<RoomContext>({ kind: 'room', id: 'site' })
    return Object.keys(context.members)
  }
  await expect.poll(members).toEqual([])
  await bob.end()
})

test('a message that is sent again with its nonce is posted once', async () => {
  const first = await logInWs(server.port, 'alice')
  await first.ask('join_room', { room_id: 'site' })
  const message = { room_id: 'site', content: 'once' }
  const sent = await first.ask('send_message', message, { nonce: 'c1-42' })
  await first.end()
  const second = await logInWs(server.port, 'alice')
  await second.ask('join_room', { room_id: 'site' })
  const again = await second.ask('send_message', { ...message, nonce: 'c1-42' })
  expect(again.data).toEqual(sent.data)
  const other = await second.ask('send_message', { ...message, nonce: 'c1-43' })
  expect(other.data.seq).toBeGreaterThan(sent.data.seq)
  const facts = await Array.fromAsync(server.system.log.readStream('room-site'))
  expect(facts.filter(({ type }) => type === 'room.message-posted').length).toBe(2)
  await second.end()
})
