import { type Client, Metadata } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'

import { systemClock } from '#infra/clock/system-clock.ts'
import { Connection } from '#infra/eventstoredb/connection.ts'
import { parseConnectionString } from '#infra/eventstoredb/connection-string.ts'
import { readAllRequest } from '#infra/eventstoredb/requests.ts'

/** Shows what the client does inside of itself, and what goes with each call. */
class Opened extends Connection {
  /** As when a call on an older channel fails. */
  fails(): Promise<void> {
    const error = Object.assign(new Error('lost'), { code: 14, metadata: new Metadata() })
    return this.handleError({ getChannel: () => undefined } as unknown as Client, error)
  }

  get authorization(): unknown {
    return this.callArguments({})[0].get('authorization')[0]
  }
}

function open(url: string): Opened {
  const address = parseConnectionString(url)
  const { credentials } = address
  return new Opened(address, { credentials, deadlineMs: 5_000, clock: systemClock })
}

describe('a connection', () => {
  it('lets no rejection escape when a call fails while nodes are looked for in vain', async () => {
    const options = 'tls=false&maxDiscoverAttempts=1&discoveryInterval=1'
    const connection = open(`esdb://localhost:1,localhost:1?${options}`)
    const reading = connection.openRead(readAllRequest({ direction: 'forwards', count: 1 }), 'page')
    const searched = Promise.allSettled([reading])
    await expect(connection.fails()).resolves.toBeUndefined()
    const [search] = await searched
    expect(search).toMatchObject({ status: 'rejected', reason: { message: /^Failed to discover/ } })
    await connection.close()
    const late = connection.openRead(readAllRequest({ direction: 'forwards', count: 1 }), 'page')
    await expect(late).rejects.toThrow('the log is closed')
  })

  it.each([
    ['esdb://root:pass@far.example', true],
    ['esdb://root:pass@far.example?tls=false', false],
    ['esdb://root:pass@localhost?tls=false', true],
    ['esdb://root:pass@localhost,far.example?tls=false', false],
    ['esdb://far.example', false],
  ])('of %s sends the password: %s', (url, isSent) => {
    const sent = open(url).authorization
    expect(sent).toBe(isSent ? 'Basic cm9vdDpwYXNz' : undefined)
  })
})
