import { STATUS_CODES } from 'node:http'

import ipaddr from 'ipaddr.js'
import type { HttpRequest, HttpResponse } from 'uWebSockets.js'

import type { ClientAddress } from '#gateways/http/client-address.ts'

/** A request as it was when it came: uWebSockets.js lends its own only for one turn. */
export interface HttpCall {
  readonly id: string
  /** In upper case. */
  readonly method: string
  /** As it was sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** The route's `:name` parts, decoded; undefined where one is no proper text. */
  readonly parameters: readonly (string | undefined)[]
  /** The first of them. */
  readonly parameter: string | undefined
  readonly authorization: string
  /** The headers that routes ask for; empty where one was not sent. */
  readonly contentType: string
  readonly cookie: string
  readonly idempotencyKey: string
  /** Its first 256 characters. */
  readonly userAgent: string
  readonly origin: string
  readonly host: string
  /** As the client declares it; a body in chunks declares nothing, and is counted as it comes. */
  readonly bodyBytes: number
  readonly isChunked: boolean
  /** Of the peer: IPv4, also where it comes mapped into IPv6, or IPv6 in its short form. */
  readonly address: string
  /** The peer is this machine itself, and not a proxy on it that speaks for others. */
  readonly isLocal: boolean
}

export interface HttpReply {
  readonly status: number
  /** Of a reply without a body: empty, as is the body. */
  readonly type: string
  readonly body: string
  /** A header with several values is sent once for each, as `Set-Cookie` must be. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** A request through a proxy on this machine is not one of this machine. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']
const USER_AGENT_CHARACTERS = 256

export function readCall(
  response: HttpResponse,
  request: HttpRequest,
  id: string,
  parameterCount: number,
  clientAddress: ClientAddress,
): HttpCall {
  const parameters = Array.from({ length: parameterCount }, (_, index) =>
    decodeParameter(request.getParameter(index)),
  )
  const length = Number(request.getHeader('content-length') || 0)
  const remote = Buffer.from(response.getRemoteAddress())
  return {
    id,
    method: request.getMethod().toUpperCase(),
    path: request.getUrl(),
    query: new URLSearchParams(request.getQuery() ?? ''),
    parameters,
    parameter: parameters[0],
    authorization: request.getHeader('authorization'),
    contentType: request.getHeader('content-type'),
    cookie: request.getHeader('cookie'),
    idempotencyKey: request.getHeader('idempotency-key'),
    userAgent: request.getHeader('user-agent').slice(0, USER_AGENT_CHARACTERS),
    origin: request.getHeader('origin'),
    host: request.getHeader('host'),
    bodyBytes: Number.isNaN(length) ? Number.POSITIVE_INFINITY : length,
    isChunked: request.getHeader('transfer-encoding') !== '',
    address: clientAddress(addressText(remote), request.getHeader('x-forwarded-for')),
    isLocal:
      isLoopback(remote) && PROXY_HEADERS.every((header) => request.getHeader(header) === ''),
  }
}

function decodeParameter(raw: string | undefined): string | undefined {
  try {
    return raw === undefined ? undefined : decodeURIComponent(raw)
  } catch {
    return undefined
  }
}

const IPV6_LOOPBACK = Buffer.from('00000000000000000000000000000001', 'hex')
const IPV4_MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

/** 127.0.0.0/8 and ::1, also as an IPv4-mapped address; 4 or 16 bytes. */
export function isLoopback(address: Buffer): boolean {
  if (address.length === 4) return address[0] === 127
  if (address.subarray(0, 12).equals(IPV4_MAPPED)) return address[12] === 127
  return address.equals(IPV6_LOOPBACK)
}

/** One text for one peer, whichever socket it came by. Of 4 or 16 bytes; others give ''. */
export function addressText(address: Buffer): string {
  if (address.length !== 4 && address.length !== 16) return ''
  return ipaddr.process(ipaddr.fromByteArray([...address]).toString()).toString()
}

/** The API is data for programs: nothing in it is to be shown, framed, sniffed or kept. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

/** Writes a reply in one piece. The response must not have been aborted. */
export function writeReply(
  response: HttpResponse,
  reply: HttpReply,
  id: string,
  { withBody, close }: { readonly withBody: boolean; readonly close: boolean },
): void {
  const headers = { ...SECURITY_HEADERS, 'X-Request-Id': id, ...reply.headers }
  response.cork(() => {
    response.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? 'Unknown'}`)
    for (const [name, values] of Object.entries(headers)) {
      for (const value of [values].flat()) response.writeHeader(name, value)
    }
    if (reply.type !== '') response.writeHeader('Content-Type', reply.type)
    // RFC 9110 section 8.6: a 204 has no Content-Length. An `undefined` would be sent as one.
    if (reply.status === 204 && !close) response.endWithoutBody()
    else if (withBody) response.end(reply.body, close)
    else response.endWithoutBody(Buffer.byteLength(reply.body), close)
  })
}

/** The reply itself; throws where a header's value could end its line and begin another one. */
export function checked(reply: HttpReply): HttpReply {
  for (const [name, values] of Object.entries(reply.headers ?? {})) {
    const isBroken = [values].flat().some((value) => /[\0\r\n]/.test(value))
    if (isBroken) throw new TypeError(`the header ${name} has a line break`)
  }
  return reply
}

export function json(body: unknown, status = 200, headers: HttpReply['headers'] = {}): HttpReply {
  return { status, type: 'application/json', body: JSON.stringify(body), headers }
}

/** Done, and nothing to tell. */
export function empty(status = 204, headers: HttpReply['headers'] = {}): HttpReply {
  return { status, type: '', body: '', headers }
}

/** The client shall GET that address next. */
export function redirect(location: string, headers: HttpReply['headers'] = {}): HttpReply {
  return empty(302, { ...headers, Location: location })
}
