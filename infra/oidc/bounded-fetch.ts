import type { CustomFetch } from 'openid-client'

import { isLoopback } from '#infra/oidc/loopback.ts'

/** Far above any metadata, key set or token response. */
export const ANSWER_BYTES = 1024 * 1024

/**
 * `fetch` that reads so much of an answer and no more, follows no redirect, and speaks plain
 * HTTP with this machine alone. Rejects with an `Error` for an answer that is too long.
 */
export const boundedFetch: CustomFetch = async (url, options) => {
  const target = new URL(url)
  if (target.protocol !== 'https:' && !isLoopback(target)) {
    throw new Error(`${target.origin} is not asked: it has no TLS`)
  }
  const { body, ...rest } = options
  const init: RequestInit = { ...rest, redirect: 'manual', signal: options.signal ?? null }
  const response = await fetch(target, body === undefined ? init : { ...init, body: body as never })
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > ANSWER_BYTES) throw new Error(`${target.origin} answers with too much`)
    chunks.push(chunk)
  }
  const { status, statusText, headers } = response
  return new Response(length === 0 ? null : Buffer.concat(chunks), { status, statusText, headers })
}
