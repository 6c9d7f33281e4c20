import { EventEmitter } from 'node:events'

import { describe, expect, it } from 'vitest'

import { BatchAppends, type BatchCall } from '#infra/eventstoredb/batch-appends.ts'
import { streams } from '#infra/eventstoredb/protocol.ts'

/** gRPC's side of a call: it notes what is written, and the test says how it goes on. */
class Call extends EventEmitter {
  readonly written: unknown[] = []

  write(request: unknown): boolean {
    this.written.push(request)
    return true
  }
}

async function until(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise(setImmediate)
}

function start(begun: (call: Call) => void = () => {}) {
  const calls: Call[] = []
  const appends = new BatchAppends(async () => {
    await new Promise(setImmediate)
    const call = new Call()
    calls.push(call)
    begun(call)
    return call as unknown as BatchCall
  })
  const append = () => {
    const attempt = { isGivenUp: false }
    const outcome = appends.append(new streams.BatchAppendReq(), attempt)
    const settled = outcome.catch((cause: unknown) => cause)
    return { attempt, settled }
  }
  return { calls, append }
}

describe('appends over one call', () => {
  it('stay with the new call when the one before it ends a second time', async () => {
    const { calls, append } = start()
    const first = append()
    await until(() => calls[0]?.written.length === 1)
    const fault = new Error('the connection was lost')
    calls[0]!.emit('error', fault)
    expect(await first.settled).toBe(fault)
    const second = append()
    await until(() => calls[1]?.written.length === 1)
    calls[0]!.emit('end')
    append()
    await until(() => calls.reduce((sum, { written }) => sum + written.length, 0) === 3)
    expect(calls.map(({ written }) => written.length)).toEqual([1, 2])
    calls[1]!.emit('error', fault)
    expect(await second.settled).toBe(fault)
  })

  it('are given up, though every call ends as soon as it is open', async () => {
    const { calls, append } = start((call) => {
      call.on('newListener', (event) => {
        if (event === 'end') queueMicrotask(() => call.emit('end'))
      })
    })
    const { attempt, settled } = append()
    await until(() => calls.length === 3)
    attempt.isGivenUp = true
    expect(await settled).toMatchObject({ code: 'log-unavailable' })
  })
})
