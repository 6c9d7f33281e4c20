import { afterEach, expect, test } from 'vitest'

import { LogUnavailable } from '#events/event-log.ts'
import { sendEventually } from '#gateways/kernel/send-eventually.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

let system: TestSystem
afterEach(() => system.stop())

test('an ending that the log cannot take is recorded once it can, and once', async () => {
  const clock = createManualClock()
  const log = createMemoryEventLog()
  let isAway = false
  const append: typeof log.append = (...args) =>
    isAway ? Promise.reject(new LogUnavailable('disk full')) : log.append(...args)
  system = await createTestSystem({ log: { ...log, append }, clock })
  const ref = { kind: 'connection', id: system.ids.next() }
  const context = () => ({ by: null, connection: ref.id, commandId: system.ids.next() })
  const open = { type: 'connection.open', gateway: 'ftp', remote: '127.0.0.1:1', node: 'test' }
  await system.host.send(ref, open, context())

  isAway = true
  const close = { type: 'connection.close', reason: 'gone', receivedBytes: 0, sentBytes: 0 }
  await sendEventually(system, ref, close, context())
  const types = async () =>
    (await Array.fromAsync(log.readStream(`connection-${ref.id}`))).map(({ type }) => type)
  clock.advance(1_000)
  await system.host.state(ref).catch(() => {})
  expect(await types()).toEqual(['connection.opened'])

  isAway = false
  for (let n = 0; n < 3; n++) {
    clock.advance(1_000)
    await system.host.state(ref)
  }
  expect(await types()).toEqual(['connection.opened', 'connection.closed'])
})

test('what is refused for good is told', async () => {
  system = await createTestSystem()
  const ref = { kind: 'race', id: 'none' }
  const context = { by: 'alice', connection: null, commandId: system.ids.next() }
  const remove = sendEventually(system, ref, { type: 'race.remove' }, context)
  await expect(remove).rejects.toMatchObject({ code: 'no-such-race' })
})
