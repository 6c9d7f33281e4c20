import { DEFAULT_CIPHERS } from 'node:tls'

import type { TlsServer } from '#events/data-pump.ts'

import type { TlsCalls } from '#infra/data-pump/tls-calls.ts'
import { createTlsSession, type TlsSession } from '#infra/data-pump/tls-movers.ts'

const CTRL_MODE = 33
const CTRL_SESSION_CACHE = 44
const CTRL_MIN_VERSION = 123
const TLS_1_2 = 0x0303
/** A record at a time is told as written, and may come from elsewhere when it is tried again. */
const PARTIAL_AND_MOVING_WRITES = 0x1 | 0x2
/** For servers, which keep none here: a session without a ticket is not resumed. */
const NO_KEPT_SESSIONS = 0x2 | 0x300
/**
 * An end of the connection is an end: few clients say so in TLS before (vsftpd has its option
 * `strict_ssl_read_eof` off for that reason). What is missing is found out by other means.
 */
const IGNORE_UNEXPECTED_EOF = 2 ** 7
const NO_RENEGOTIATION = 2 ** 30
/** Names, initial vectors and keys are alike in that. */
const KEY_BYTES = 16

/**
 * Gives this thread's sessions. One context is kept for the server's side: that of the latest
 * certificate; sessions that have begun with another one keep it.
 */
export function createTlsContexts(tls: TlsCalls | undefined) {
  let client: number | undefined
  let latest: { readonly server: TlsServer; readonly context: number } | undefined
  const ticketKeys = tls && registerTicketKeys(tls, () => latest!.server.ticketKeys)

  return (socket: number, as: TlsServer | 'client'): TlsSession => {
    if (!tls) throw new Error('There is no OpenSSL here')
    if (as === 'client') {
      client ??= createContext(tls)
      return createTlsSession(tls, client, { socket, side: 'client' })
    }
    if (!latest || !isSame(latest.server, as)) {
      const context = createContext(tls, as)
      tls.onTicket(context, ticketKeys)
      if (latest) tls.freeContext(latest.context)
      latest = { server: as, context }
    }
    return createTlsSession(tls, latest.context, { socket, side: 'server' })
  }
}

function isSame(one: TlsServer, other: TlsServer): boolean {
  return (
    one.cert === other.cert &&
    one.key === other.key &&
    one.sessionIdContext === other.sessionIdContext &&
    Buffer.from(one.ticketKeys).equals(other.ticketKeys)
  )
}

/** Without a certificate it is a client's. */
function createContext(tls: TlsCalls, server?: TlsServer): number {
  const address = tls.newContext()
  const assure = (isDone: boolean | number, what: string): void => {
    if (isDone) return
    tls.freeContext(address)
    tls.forgetErrors()
    throw new Error(`OpenSSL does not take the ${what}`)
  }
  const [suites, ciphers] = [true, false].map((isSuite) =>
    DEFAULT_CIPHERS.split(':').filter((name) => name.startsWith('TLS_') === isSuite),
  )
  assure(tls.control(address, CTRL_MIN_VERSION, TLS_1_2), 'version')
  assure(tls.setSuites(address, suites!.join(':')), 'cipher suites')
  // Node may have been told to use those of TLS 1.3 alone.
  assure(ciphers!.length === 0 || tls.setCiphers(address, ciphers!.join(':')), 'ciphers')
  tls.setOptions(address, IGNORE_UNEXPECTED_EOF + NO_RENEGOTIATION)
  tls.control(address, CTRL_MODE, PARTIAL_AND_MOVING_WRITES)
  if (server) {
    const id = Buffer.from(server.sessionIdContext)
    assure(tls.setSessionIdContext(address, id, id.length), 'session id context')
    tls.control(address, CTRL_SESSION_CACHE, NO_KEPT_SESSIONS)
    assure(useChain(tls, address, server.cert), 'certificate')
    assure(useKey(tls, address, server.key), 'key')
  }
  return address
}

/** The first is the server's own. */
function useChain(tls: TlsCalls, context: number, text: string): boolean {
  const bytes = Buffer.from(text)
  const source = tls.newSource(bytes, bytes.length)
  let count = 0
  let isTaken = true
  for (let each; isTaken && (each = tls.readCertificate(source)) !== 0; count++) {
    isTaken = (count === 0 ? tls.useCertificate : tls.addToChain)(context, each) === 1
    tls.freeCertificate(each)
  }
  tls.freeSource(source)
  // The end of the text counts as an error there.
  tls.forgetErrors()
  return isTaken && count > 0
}

function useKey(tls: TlsCalls, context: number, text: string): boolean {
  const bytes = Buffer.from(text)
  const source = tls.newSource(bytes, bytes.length)
  const key = tls.readKey(source)
  tls.freeSource(source)
  const isTaken = key !== 0 && tls.useKey(context, key) === 1
  tls.freeKey(key)
  return isTaken
}

/**
 * Seals and opens tickets as Node does (`SecureContext::TicketCompatibilityCallback` in its
 * src/crypto/crypto_context.cc), so that a session of the control connection, which is Node's,
 * goes on in a data connection and the other way round. `keys`: 16 bytes each of the
 * name, for HMAC-SHA256, and for AES-128-CBC.
 */
function registerTicketKeys(tls: TlsCalls, keys: () => Uint8Array): unknown {
  return tls.registerTicketKeys((_session, name, iv, cipher, hash, isSealing) => {
    const all = Buffer.from(keys())
    const own = all.subarray(0, KEY_BYTES)
    if (isSealing) {
      tls.copyIn(name, own, KEY_BYTES)
      if (tls.random(iv, KEY_BYTES) <= 0) return -1
    } else {
      const given = Buffer.alloc(KEY_BYTES)
      tls.copyOut(given, name, KEY_BYTES)
      if (!given.equals(own)) return 0
    }
    const hashKey = all.subarray(KEY_BYTES, 2 * KEY_BYTES)
    const cipherKey = all.subarray(2 * KEY_BYTES, 3 * KEY_BYTES)
    const isBegun =
      tls.startTicketCipher(isSealing === 1, cipher, cipherKey, iv) > 0 &&
      tls.startTicketHash(hash, hashKey, KEY_BYTES) > 0
    return isBegun ? 1 : -1
  })
}
