import { STATUS_CODES } from 'node:http'

import type { HttpRequest, HttpResponse } from 'uWebSockets.js'

/** A request as it was when it came: uWebSockets.js lends its own only for one turn. */
export interface HttpCall {
  readonly id: string
  /** In upper case. */
  readonly method: string
  readonly query: URLSearchParams
  /** The route's `:name` parts, decoded; undefined where one is no proper text. */
  readonly parameters: readonly (string | undefined)[]
  /** The first of them. */
  readonly parameter: string | undefined
  readonly authorization: string
  readonly bodyBytes: number
  /** The peer is this machine itself, and not a proxy on it that speaks for others. */
  readonly isLocal: boolean
}

export interface HttpReply {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

export function readCall(
  response: HttpResponse,
  request: HttpRequest,
  id: string,
  parameterCount: number,
): HttpCall {
  const parameters = Array.from({ length: parameterCount }, (_, index) =>
    decodeParameter(request.getParameter(index)),
  )
  const length = Number(request.getHeader('content-length') || 0)
  return {
    id,
    method: request.getMethod().toUpperCase(),
    query: new URLSearchParams(request.getQuery() ?? ''),
    parameters,
    parameter: parameters[0],
    authorization: request.getHeader('authorization'),
    bodyBytes: Number.isNaN(length) ? Number.POSITIVE_INFINITY : length,
    isLocal:
      isLoopback(Buffer.from(response.getRemoteAddress())) &&
      PROXY_HEADERS.every((header) => request.getHeader(header) === ''),
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
  response.cork(() => {
    response.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? 'Unknown'}`)
    const headers = { ...SECURITY_HEADERS, 'X-Request-Id': id, ...reply.headers }
    for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value)
    response.writeHeader('Content-Type', reply.type)
    if (withBody) response.end(reply.body, close)
    else response.endWithoutBody(Buffer.byteLength(reply.body), close)
  })
}

export function json(body: unknown, status = 200): HttpReply {
  return { status, type: 'application/json', body: JSON.stringify(body) }
}
