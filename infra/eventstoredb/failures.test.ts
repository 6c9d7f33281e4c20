import { Metadata } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'

import { AppendRefused, LogUnavailable, StreamEnded, VersionConflict } from '#events/event-log.ts'
import { failureOf, LogAccessDenied, translated } from '#infra/eventstoredb/failures.ts'

function callError(code: number, trailers: Readonly<Record<string, string>> = {}) {
  const metadata = new Metadata()
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value)
  return Object.assign(new Error('it failed'), { code, details: 'details', metadata })
}

describe('an error of a call', () => {
  it.each([
    [callError(9, { exception: 'wrong-expected-version' }), 'conflict', VersionConflict],
    [callError(9, { exception: 'stream-deleted' }), 'ended', StreamEnded],
    [callError(3, { exception: 'maximum-append-size-exceeded' }), 'refused', AppendRefused],
    [callError(3), 'refused', AppendRefused],
    [callError(7, { exception: 'access-denied' }), 'denied', LogAccessDenied],
    [callError(16), 'denied', LogAccessDenied],
    [callError(5, { exception: 'not-leader' }), 'elsewhere', LogUnavailable],
    [callError(5, { exception: 'stream-not-found' }), 'not-found', LogUnavailable],
    [callError(12), 'unimplemented', LogUnavailable],
    [callError(4), 'unavailable', LogUnavailable],
    [callError(14), 'unavailable', LogUnavailable],
    [callError(2, { exception: 'constructor' }), 'unavailable', LogUnavailable],
    [new Error('Failed to discover after 10 attempts.'), 'unavailable', LogUnavailable],
  ])('%o means %s', (cause, failure, kind) => {
    expect(failureOf(cause)).toBe(failure)
    expect(translated(cause, { stream: 'room-a' })).toBeInstanceOf(kind)
  })

  it('tells what the stream’s version is', () => {
    const trailers = { exception: 'wrong-expected-version', 'actual-version': '7' }
    const conflict = translated(callError(9, trailers), { stream: 'room-a', expected: 3 })
    expect(conflict).toMatchObject({ stream: 'room-a', expected: 3, actual: 7 })
  })

  it('of the port stays as it is', () => {
    const own = new StreamEnded('room-a')
    expect(translated(own)).toBe(own)
  })
})
