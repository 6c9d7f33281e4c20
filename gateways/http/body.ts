import type { HttpResponse } from 'uWebSockets.js'
import type { z } from 'zod'

import type { Clock } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'

import type { HttpCall } from '#gateways/http/codec.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'

export interface BodyLimits {
  readonly bytes: number
  /** For the whole body, from the request's headers on. */
  readonly timeoutMs: number
}

/**
 * uWebSockets cuts a client that sends less than 16 KiB/s after about 10 s (HTTP_IDLE_TIMEOUT_S and
 * HTTP_RECEIVE_THROUGHPUT_BYTES of its HttpContext.h, no options), and that tells the client
 * nothing: ours is sooner.
 */
export const BODY_LIMITS: BodyLimits = { bytes: 64 * 1024, timeoutMs: 7_500 }

/** Arrays and objects within each other. */
const JSON_DEPTH = 32

export interface IncomingBody {
  /** All of it, or why it was not taken. Never rejects. */
  readonly ended: Promise<Buffer | Refusal>
  /** The client is gone. */
  abort(): void
}

/**
 * Collects a request's body. To be called in the turn in which the request came: uWebSockets.js
 * drops what comes while nobody listens.
 */
export function receiveBody(
  response: HttpResponse,
  call: HttpCall,
  clock: Clock,
  limits: BodyLimits,
): IncomingBody {
  if (call.bodyBytes === 0 && !call.isChunked) return over(Buffer.alloc(0))
  if (call.bodyBytes > limits.bytes) return over(tooLarge(limits))
  return collect(response, clock, limits)
}

function over(outcome: Buffer | Refusal): IncomingBody {
  return { ended: Promise.resolve(outcome), abort: () => {} }
}

function collect(response: HttpResponse, clock: Clock, limits: BodyLimits): IncomingBody {
  const { promise: ended, resolve } = Promise.withResolvers<Buffer | Refusal>()
  let chunks: Buffer[] = []
  let bytes = 0
  const cancel = clock.after(limits.timeoutMs, () =>
    finish(new Refusal(HTTP_REFUSALS.bodyTimeout, 'The body took too long to come.')),
  )
  function finish(outcome: Buffer | Refusal): void {
    cancel()
    chunks = []
    // Nothing that still comes is kept.
    bytes = Number.POSITIVE_INFINITY
    resolve(outcome)
  }
  response.onData((chunk, isLast) => {
    bytes += chunk.byteLength
    if (bytes > limits.bytes) {
      finish(tooLarge(limits))
      return
    }
    // The chunk is lent for this call: the copy is what stays.
    chunks.push(Buffer.from(new Uint8Array(chunk)))
    if (isLast) finish(Buffer.concat(chunks))
  })
  return {
    ended,
    abort: () => finish(new Refusal(HTTP_REFUSALS.bodyIncomplete, 'The body did not come.')),
  }
}

function tooLarge({ bytes }: BodyLimits): Refusal {
  const words = `The body is larger than ${bytes} bytes.`
  return new Refusal(HTTP_REFUSALS.bodyTooLarge, words, { limit: bytes })
}

/**
 * The body as a schema has it; no body at all is `undefined` to the schema. Throws a `Refusal`
 * that names each wrong member by its JSON pointer (RFC 6901).
 */
export function readBody<S extends z.ZodType>(
  schema: S,
  contentType: string,
  bytes: Buffer,
): z.output<S> {
  const parsed = schema.safeParse(bytes.length === 0 ? undefined : parseJson(contentType, bytes))
  if (parsed.success) return parsed.data
  throw invalid(
    parsed.error.issues.map(({ path, message }) => ({ pointer: pointerTo(path), detail: message })),
  )
}

function parseJson(contentType: string, bytes: Buffer): unknown {
  if (!/^application\/json *(; *charset="?utf-8"? *)?$/i.test(contentType)) {
    throw new Refusal(HTTP_REFUSALS.unsupportedMediaType, 'The body must be application/json.')
  }
  const value = parseText(bytes)
  if (isDeeper(value, JSON_DEPTH)) {
    throw invalid([{ pointer: '', detail: `more than ${JSON_DEPTH} levels` }])
  }
  return value
}

function parseText(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    const detail = cause instanceof SyntaxError ? 'not JSON' : 'not UTF-8'
    throw Object.assign(invalid([{ pointer: '', detail }]), { cause })
  }
}

/** Level by level, because a recursion would end where the stack does. */
function isDeeper(value: unknown, depth: number): boolean {
  let level = [value]
  for (let left = depth; left >= 0; left--) {
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? Object.values(each) : [],
    )
    if (level.length === 0) return false
  }
  return true
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function invalid(errors: readonly { readonly pointer: string; readonly detail: string }[]) {
  return new Refusal(HTTP_REFUSALS.invalidBody, 'The body is not valid.', { errors })
}
