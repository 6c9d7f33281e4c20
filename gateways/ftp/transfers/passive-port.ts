import { randomInt } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'

import { NoDataConnection, type Prepared } from '#gateways/ftp/transfers/prepared-connection.ts'

export interface PassiveOptions {
  readonly localAddress: string
  readonly ports: readonly [first: number, last: number] | undefined
  /** Whether an address is the client's own. */
  readonly isOwn: (address: string) => boolean
  /** Whether another machine may ever be at the other end. */
  readonly allowsForeign: boolean
}

/** Read ahead of a slow disk or client by this much at most. */
const BUFFER_BYTES = 256 * 1024

/** One is for the client: the others so that strangers who come in a crowd do not keep it out. */
const BACKLOG = 128

/** Listens on a fresh port for one connection. */
export async function preparePassive(
  options: PassiveOptions,
): Promise<Prepared & { readonly port: number }> {
  const server = await listenSomewhere(options)
  const { port } = server.address() as { port: number }
  return { port, ...takeOne(server, options) }
}

/**
 * Takes the first connection of the client; others are strangers or too many. Where another site
 * may be at the other end, the first of another machine is kept until the transfer's direction
 * is known.
 */
function takeOne(server: Server, { isOwn, allowsForeign }: PassiveOptions): Prepared {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  let taken: Socket | undefined
  let foreign: Socket | undefined
  /** Undefined until it is known. */
  let isForeignWelcome = allowsForeign ? undefined : false
  let isInUse = false
  // Nobody may be waiting for it yet, or ever.
  promise.catch(() => {})

  const take = (socket: Socket): void => {
    taken = socket
    foreign?.destroy()
    foreign = undefined
    server.close()
    resolve(socket)
  }
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {})
    if (taken) socket.destroy()
    else if (isOwn(socket.remoteAddress ?? '') || isForeignWelcome === true) take(socket)
    else if (isForeignWelcome === false || foreign) socket.destroy()
    else foreign = socket
  })

  return {
    async open(isWelcome) {
      isForeignWelcome = allowsForeign && isWelcome
      const held = foreign
      foreign = undefined
      if (held && !taken && isForeignWelcome) take(held)
      else held?.destroy()
      const socket = await promise
      isInUse = true
      return socket
    },
    close(cause) {
      server.close()
      foreign?.destroy()
      if (!isInUse) taken?.destroy()
      reject(cause)
    },
  }
}

async function listenSomewhere({ ports, localAddress }: PassiveOptions): Promise<Server> {
  if (!ports) return await listenOn(0, localAddress)
  // From a random one on: a port that can be guessed can be taken by a stranger first.
  const [first, last] = ports
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
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject)
      server.on('error', () => {})
      resolve(server)
    })
  })
}
