import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { type ControlChannel, createControlChannel } from '#gateways/ftp/control-channel.ts'
import type { TlsAcceptor } from '#gateways/ftp/tls.ts'

let client: Socket
let channel: ControlChannel
let close: () => void

beforeEach(async () => {
  const server = createServer({ allowHalfOpen: true })
  await once(server.listen({ port: 0, host: '127.0.0.1' }), 'listening')
  const accepted = once(server, 'connection')
  client = connect((server.address() as { port: number }).port, '127.0.0.1')
  channel = createControlChannel((await accepted)[0] as Socket, {} as TlsAcceptor)
  close = () => {
    client.destroy()
    channel.destroy()
    server.close()
  }
})
afterEach(() => close())

/** Takes so many lines, then pauses, until all have come; the most that it had to take at once. */
async function takeAll(text: string, atOnce: number): Promise<{ lines: string[]; most: number }> {
  const lines: string[] = []
  let taken = 0
  let most = 0
  await new Promise<void>((resolve) => {
    channel.listen({
      line(line) {
        if (line.kind === 'command') lines.push(line.argument)
        most = Math.max(most, ++taken)
        if (taken !== atOnce) return
        channel.pause()
        setImmediate(() => {
          taken = 0
          channel.resume()
        })
      },
      end: resolve,
      close: () => {},
    })
    client.end(text)
  })
  return { lines, most }
}

test('thousands of short lines that come at once are decoded as they are taken', async () => {
  const numbers = Array.from({ length: 20_000 }, (_, n) => String(n))
  const { lines, most } = await takeAll(numbers.map((n) => `X ${n}\r\n`).join(''), 16)
  expect(lines).toEqual(numbers)
  // What one piece has, and no more: a read from the system may have sixty-four thousand bytes.
  expect(most).toBeLessThan(150)
})

test('a line longer than a piece is whole, and one over the limit is told once', async () => {
  const long = 'a'.repeat(3_000)
  const { lines } = await takeAll(`X ${long}\r\nX ${'b'.repeat(9_000)}\r\nX c\r\n`, 1)
  expect(lines).toEqual([long, 'c'])
})
