import type { Clock } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'

import type { HttpReply } from '#gateways/http/codec.ts'
import { HTTP_REFUSALS } from '#gateways/http/problem.ts'

/**
 * Answers of requests with an `Idempotency-Key`, for when they are sent again: as
 * draft-ietf-httpapi-idempotency-key-header has it. They are the memory of this process alone;
 * that a repeated request has one effect does not hang on them, but on its command id.
 */
export interface Replays {
  /**
   * The answer that is kept for the id, or the work's own, which is then kept when it is a
   * success. Rejects with a `Refusal`: `idempotency-key-reused` when the fingerprint is another
   * one, `request-in-flight` while the first request is not answered, and what the work does.
   */
  run(id: string, fingerprint: string, work: () => Promise<HttpReply>): Promise<HttpReply>
}

export interface ReplayLimits {
  readonly keptMs: number
  readonly requests: number
  /** Of all bodies that are kept. */
  readonly bytes: number
}

export const REPLAY_LIMITS: ReplayLimits = {
  keptMs: 24 * 60 * 60_000,
  requests: 10_000,
  bytes: 16 * 1024 * 1024,
}

interface Kept {
  readonly fingerprint: string
  readonly until: number
  /** Undefined while the work is under way. */
  reply?: HttpReply
}

export function createReplays(clock: Clock, limits: ReplayLimits = REPLAY_LIMITS): Replays {
  /** Oldest first. */
  const kept = new Map<string, Kept>()
  let bytes = 0

  function drop(id: string): void {
    bytes -= kept.get(id)?.reply?.body.length ?? 0
    kept.delete(id)
  }

  /** The oldest answers go first; work under way stays. */
  function makeRoom(): void {
    const now = clock.now()
    for (const [id, { reply, until }] of kept) {
      const isOver = until <= now
      if (!isOver && kept.size < limits.requests && bytes <= limits.bytes) return
      if (reply) drop(id)
    }
  }

  return {
    async run(id, fingerprint, work) {
      makeRoom()
      const known = kept.get(id)
      if (known) return replay(known, fingerprint)
      const entry: Kept = { fingerprint, until: clock.now() + limits.keptMs }
      kept.set(id, entry)
      try {
        const reply = await work()
        if (reply.status < 400) {
          entry.reply = reply
          bytes += reply.body.length
        }
        return reply
      } finally {
        // What failed may be tried again.
        if (!entry.reply) drop(id)
      }
    },
  }
}

function replay(known: Kept, fingerprint: string): HttpReply {
  if (known.fingerprint !== fingerprint) {
    const words = 'That Idempotency-Key was used for another request.'
    throw new Refusal(HTTP_REFUSALS.idempotencyKeyReused, words)
  }
  if (!known.reply) {
    const words = 'The first request with that Idempotency-Key is not answered yet.'
    throw new Refusal(HTTP_REFUSALS.requestInFlight, words)
  }
  return { ...known.reply, headers: { ...known.reply.headers, 'Idempotent-Replayed': 'true' } }
}
