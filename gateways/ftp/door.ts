import { createServer, type Socket } from 'node:net'

import type { Logger } from 'pino'

/** A port that clients come in by. */
export interface Door {
  /** Resolves with the real port. */
  open(): Promise<number>
  /** Nobody comes in any more; resolves when all who came have gone. */
  close(): Promise<void>
}

export interface DoorOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly logger: Logger
}

export function createDoor(
  { host, port, logger }: DoorOptions,
  welcome: (socket: Socket) => Promise<void>,
): Door {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => {
    welcome(socket).catch((cause: unknown) => {
      logger.error({ err: cause }, 'ftp accept')
      socket.destroy()
    })
  })
  return {
    async open() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port, backlog: 1_024 }, () => {
          server.off('error', reject)
          // Running out of descriptors is reported; the next client is accepted again.
          server.on('error', (cause) => logger.error({ err: cause }, 'ftp listen'))
          resolve()
        })
      })
      return (server.address() as { port: number }).port
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
