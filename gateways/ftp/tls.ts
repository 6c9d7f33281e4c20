import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { connect, createSecureContext, createServer, type SecureContext, TLSSocket } from 'node:tls'

import type { TlsServer } from '#events/data-pump.ts'

/** Makes TLS of sockets that are open already. */
export interface TlsAcceptor {
  /** The server's side. Resolves when the handshake is done; rejects, with the socket gone, when it fails. */
  accept(socket: Socket): Promise<TLSSocket>
  /**
   * The client's side, for data connections between two servers (CPSV, SSCN), of which one has
   * to be it. The other's certificate is not checked: the two know each other by the control
   * connections of the member alone.
   */
  greet(socket: Socket): Promise<TLSSocket>
  /** With what handshakes are done now, for those that do them elsewhere. */
  readonly server: TlsServer
  /** Handshakes from now on show this certificate; connections that are secure stay as they are. */
  use(pair: TlsPair): void
}

/** Sessions kept for clients that resume by id, which is TLS 1.2 without tickets. */
const KEPT_SESSIONS = 1_000
const MIN_VERSION = 'TLSv1.2'
const SESSION_ID_CONTEXT = 'veza-ftp'
const TICKET_KEY_BYTES = 48

/** PEM texts. */
export interface TlsPair {
  readonly cert: string
  readonly key: string
}

/**
 * Control and data connections share one context and one server object, and with them ticket
 * keys and sessions, so that a client may resume the control connection's session on a data connection. It is
 * never asked to: many clients cannot.
 */
export function createTlsAcceptor(first: TlsPair): TlsAcceptor {
  let identity = identityOf(first)
  let secureContext = contextOf(identity)
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
    get server() {
      return identity
    },
    accept: (socket) =>
      secured(new TLSSocket(socket, { isServer: true, secureContext, server }), 'secure'),
    greet: (socket) =>
      secured(
        connect({ socket, rejectUnauthorized: false, minVersion: MIN_VERSION }),
        'secureConnect',
      ),
    use(pair) {
      const next = identityOf(pair)
      secureContext = contextOf(next)
      identity = next
      // A session of the old certificate would go on without showing the new one.
      sessions.clear()
    },
  }
}

/** Tickets of another certificate are not taken. */
function identityOf({ cert, key }: TlsPair): TlsServer {
  const ticketKeys = randomBytes(TICKET_KEY_BYTES)
  return { cert, key, ticketKeys, sessionIdContext: SESSION_ID_CONTEXT }
}

/** Throws what OpenSSL says of a pair that is none. */
function contextOf({ cert, key, ticketKeys, sessionIdContext }: TlsServer): SecureContext {
  return createSecureContext({
    cert,
    key,
    ticketKeys: Buffer.from(ticketKeys),
    minVersion: MIN_VERSION,
    sessionIdContext,
  })
}

function secured(socket: TLSSocket, done: 'secure' | 'secureConnect'): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: Error): void => {
      socket.destroy()
      reject(new Error('the TLS handshake failed', { cause }))
    }
    const failOnClose = (): void => fail()
    // For good: an error between the handshake and its owner's own handler ends nothing else.
    socket.on('error', () => {})
    socket.once('error', fail)
    socket.once('close', failOnClose)
    socket.once(done, () => {
      socket.off('error', fail)
      socket.off('close', failOnClose)
      resolve(socket)
    })
  })
}
