import { randomInt } from 'node:crypto'
import { connect, createServer, type Server, type Socket } from 'node:net'

import type { Clock } from '#events/clock.ts'

import { type Endpoint, isSameAddress } from '#gateways/ftp/address.ts'
import type { TlsAcceptor } from '#gateways/ftp/tls.ts'

/** How a session's next data connection comes about. */
export interface DataPort {
  /** Listens for the client on a fresh port; what was prepared before is dropped. */
  listen(): Promise<number>
  /** The next one goes out to the client. */
  aim(target: Endpoint): void
  /** Whether PASV, PORT or one of their like has been given since the last transfer. */
  readonly isPrepared: boolean
  /** Opens the prepared connection. Rejects with `NoDataConnection`. */
  open(isProtected: boolean): Promise<Socket>
  /** Drops what is prepared; an `open` under way rejects. */
  drop(): void
}

export class NoDataConnection extends Error {
  readonly code = 'no-data-connection'
}

export interface DataPortOptions {
  readonly clock: Clock
  readonly tls: TlsAcceptor
  readonly localAddress: string
  /** Data connections come from there, and go there, alone. */
  readonly remoteAddress: string
  readonly passivePorts: readonly [first: number, last: number] | undefined
  readonly connectMs: number
}

/** Read ahead of a slow disk or client by this much at most. */
const BUFFER_BYTES = 256 * 1024

interface Prepared {
  open(): Promise<Socket>
  close(cause: NoDataConnection): void
}

export function createDataPort(options: DataPortOptions): DataPort {
  const { clock, tls, connectMs } = options
  let prepared: Prepared | undefined
  /** Connected, and in its TLS handshake. */
  let opening: Socket | undefined

  const replace = (next: Prepared | undefined): void => {
    const givenUp = new NoDataConnection('The data connection was given up.')
    prepared?.close(givenUp)
    opening?.destroy(givenUp)
    prepared = next
  }

  return {
    get isPrepared() {
      return prepared !== undefined
    },
    async listen() {
      replace(undefined)
      const server = await listenSomewhere(options)
      replace(passive(server, options.remoteAddress))
      return (server.address() as { port: number }).port
    },
    aim(target) {
      replace(active(target, options.localAddress))
    },
    async open(isProtected) {
      const current = prepared
      if (!current) throw new NoDataConnection('Use PASV, EPSV, PORT or EPRT first.')
      const late = new NoDataConnection('No data connection within the time allowed.')
      const cancel = clock.after(connectMs, () => {
        current.close(late)
        opening?.destroy(late)
      })
      try {
        const socket = await current.open()
        socket.on('error', () => {})
        if (socket.destroyed) throw new NoDataConnection('The data connection was given up.')
        opening = socket
        return isProtected ? await tls.accept(socket) : socket
      } catch (cause) {
        if (cause instanceof NoDataConnection) throw cause
        throw new NoDataConnection('The data connection could not be opened.', { cause })
      } finally {
        cancel()
        opening = undefined
        if (prepared === current) prepared = undefined
      }
    },
    drop: () => replace(undefined),
  }
}

/** Takes the first connection of the client; others are strangers or too many. */
function passive(server: Server, remoteAddress: string): Prepared {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  let waiting: Socket | undefined
  // Nobody may be waiting for it yet, or ever.
  promise.catch(() => {})
  server.on('connection', (socket: Socket) => {
    if (waiting || !isSameAddress(socket.remoteAddress ?? '', remoteAddress)) {
      socket.destroy()
      return
    }
    waiting = socket
    socket.on('error', () => {})
    server.close()
    resolve(socket)
  })
  let isTaken = false
  return {
    async open() {
      const socket = await promise
      isTaken = true
      return socket
    },
    close(cause) {
      server.close()
      if (!isTaken) waiting?.destroy()
      reject(cause)
    },
  }
}

function active({ address, port }: Endpoint, localAddress: string): Prepared {
  let socket: Socket | undefined
  let isTaken = false
  return {
    open: () =>
      new Promise((resolve, reject) => {
        const opened = connect({ host: address, port, localAddress, allowHalfOpen: true })
        socket = opened
        // For good: whoever has it next sees the close that follows an error.
        opened.on('error', reject)
        opened.once('connect', () => {
          isTaken = true
          resolve(opened)
        })
      }),
    close(cause) {
      if (!isTaken) socket?.destroy(cause)
    },
  }
}

async function listenSomewhere(options: DataPortOptions): Promise<Server> {
  const { passivePorts, localAddress } = options
  if (!passivePorts) return await listenOn(0, localAddress)
  // From a random one on: a port that can be guessed can be taken by a stranger first.
  const [first, last] = passivePorts
  const count = last - first + 1
  const start = randomInt(count)
  for (let tried = 0; tried < count; tried++) {
    try {
      return await listenOn(first + ((start + tried) % count), localAddress)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw noPort(cause)
    }
  }
  throw noPort(undefined)
}

function noPort(cause: unknown): NoDataConnection {
  return new NoDataConnection('No port is free for a data connection.', { cause })
}

function listenOn(port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({
      pauseOnConnect: true,
      allowHalfOpen: true,
      highWaterMark: BUFFER_BYTES,
    })
    server.once('error', reject)
    server.listen({ port, host, backlog: 4 }, () => {
      server.off('error', reject)
      server.on('error', () => {})
      resolve(server)
    })
  })
}
