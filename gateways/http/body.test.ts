import type { HttpResponse } from 'uWebSockets.js'
import { expect, test } from 'vitest'

import { Refusal } from '#events/refusal.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

import { receiveBody } from '#gateways/http/body.ts'
import type { HttpCall } from '#gateways/http/codec.ts'

const limits = { bytes: 8, timeoutMs: 1_000 }

/** A response that gives chunks when it is told to, each in memory that is taken back after. */
function setUp(declared: { readonly bodyBytes: number; readonly isChunked: boolean }) {
  let listener: ((chunk: ArrayBuffer, isLast: boolean) => void) | undefined
  const clock = createManualClock()
  const response = {
    onData(given: typeof listener) {
      listener = given
    },
  } as unknown as HttpResponse
  const body = receiveBody(response, declared as HttpCall, clock, limits)
  function give(text: string, isLast = false): void {
    const lent = new TextEncoder().encode(text)
    listener?.(lent.buffer, isLast)
    lent.fill(0)
  }
  const outcome = async () => {
    const ended = await body.ended
    return ended instanceof Refusal ? ended.code : ended.toString()
  }
  return { body, clock, give, outcome, isHeard: () => listener !== undefined }
}

test('keeps what was lent', async () => {
  const { give, outcome } = setUp({ bodyBytes: 0, isChunked: true })
  give('abc')
  give('')
  give('def', true)
  expect(await outcome()).toBe('abcdef')
})

test.each([
  ['nothing', 0, ''],
  ['too much', 9, 'body-too-large'],
])('does not listen for %s', async (_, bodyBytes, expected) => {
  const { outcome, isHeard } = setUp({ bodyBytes, isChunked: false })
  expect([await outcome(), isHeard()]).toEqual([expected, false])
})

test('takes exactly the limit, and not a byte more', async () => {
  const exact = setUp({ bodyBytes: 8, isChunked: false })
  exact.give('12345678', true)
  expect(await exact.outcome()).toBe('12345678')
  const more = setUp({ bodyBytes: 0, isChunked: true })
  more.give('12345678')
  more.give('9')
  more.give('', true)
  expect(await more.outcome()).toBe('body-too-large')
})

test('waits for the whole body only so long', async () => {
  const { clock, give, outcome } = setUp({ bodyBytes: 5, isChunked: false })
  clock.advance(999)
  give('1')
  clock.advance(1)
  give('2345', true)
  expect(await outcome()).toBe('body-timeout')
})

test('ends with the client', async () => {
  const { body, outcome } = setUp({ bodyBytes: 5, isChunked: false })
  body.abort()
  expect(await outcome()).toBe('body-incomplete')
})
