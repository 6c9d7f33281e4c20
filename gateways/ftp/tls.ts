import type { Socket } from 'node:net'
import { createSecureContext, createServer, TLSSocket } from 'node:tls'

/** Makes the server's side of TLS on sockets that are open already. */
export interface TlsAcceptor {
  /** Resolves when the handshake is done; rejects, with the socket gone, when it fails. */
  accept(socket: Socket): Promise<TLSSocket>
}

/** Sessions kept for clients that resume by id, which is TLS 1.2 without tickets. */
const KEPT_SESSIONS = 1_000

export interface TlsPair {
  readonly cert: string
  readonly key: string
}

/**
 * Control and data connections share one context and one server object, and with them ticket
 * keys and sessions, so that a client may resume the control connection's session on a data connection. It is
 * never asked to: many clients cannot.
 */
export function createTlsAcceptor({ cert, key }: TlsPair): TlsAcceptor {
  const secureContext = createSecureContext({
    cert,
    key,
    minVersion: 'TLSv1.2',
    sessionIdContext: 'veza-ftp',
  })
  // It never listens: a TLSSocket that is given it asks it for sessions.
  const server = createServer()
  const sessions = new Map<string, Buffer>()
  server.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
    sessions.set(id.toString('hex'), data)
    if (sessions.size > KEPT_SESSIONS) sessions.delete(sessions.keys().next().value!)
    done()
  })
  server.on('resumeSession', (id: Buffer, done: (error: null, data: Buffer | null) => void) => {
    done(null, sessions.get(id.toString('hex')) ?? null)
  })

  return {
    accept: (socket) =>
      new Promise((resolve, reject) => {
        const secured = new TLSSocket(socket, { isServer: true, secureContext, server })
        const fail = (cause?: Error): void => {
          secured.destroy()
          reject(new Error('the TLS handshake failed', { cause }))
        }
        const failOnClose = (): void => fail()
        // For good: an error between the handshake and its owner's own handler ends nothing else.
        secured.on('error', () => {})
        secured.once('error', fail)
        secured.once('close', failOnClose)
        secured.once('secure', () => {
          secured.off('error', fail)
          secured.off('close', failOnClose)
          resolve(secured)
        })
      }),
  }
}
