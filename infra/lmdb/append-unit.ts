import { AppendRefused, type AppendResult, LOG_LIMITS } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'

import { isLongerThan } from '#infra/log/append-rules.ts'
import type { AppendRequest } from '#infra/log/decide-append.ts'
import type { StreamState } from '#infra/log/stream-state.ts'
import { encodeFact } from '#infra/lmdb/record.ts'
import {
  type ChainEnd,
  digest,
  nextHash,
  seal,
  type SealedRecord,
} from '#infra/lmdb/sealed-record.ts'

/** Appends in a unit: enough that the last half of many waits while the first is written. */
const APPENDS = 64
/** A unit that has so many bytes takes no further append: the next one forms another. */
const UNIT_BYTES = 1024 * 1024

/** An append, whoever waits for it, and what it has come to when it is decided. */
export class PendingAppend {
  readonly request: AppendRequest
  readonly #resolve: (result: AppendResult) => void
  readonly reject: (cause: unknown) => void
  result: AppendResult | undefined
  refusal: unknown

  constructor(
    request: AppendRequest,
    resolve: (result: AppendResult) => void,
    reject: (cause: unknown) => void,
  ) {
    this.request = request
    this.#resolve = resolve
    this.reject = reject
  }

  /** Tells of what was decided, now that it is written. */
  settle(): void {
    if (this.result) this.#resolve(this.result)
    else this.reject(this.refusal)
  }
}

/** Some appends that are decided and will be written together. */
export class AppendUnit {
  readonly facts: Fact[] = []
  readonly sealed: SealedRecord[] = []
  readonly runs: (readonly Fact[])[] = []
  /** Streams whose metadata or end it decides, as they are then. */
  readonly described = new Map<string, StreamState>()
  readonly appends: PendingAppend[] = []
  /** Where the chain ends after it, when it records anything. */
  end: ChainEnd | undefined
  /** Of the facts as JSON. */
  sizeBytes = 0

  get hasRoom(): boolean {
    return (
      this.appends.length < APPENDS &&
      this.facts.length < LOG_LIMITS.factsPerAppend &&
      this.sizeBytes < UNIT_BYTES
    )
  }

  /** Takes a run of facts that follow the end of the chain. Answers its new end. */
  take(run: readonly Fact[], bodies: readonly string[], end: ChainEnd): ChainEnd {
    let { hash } = end
    for (let index = 0; index < run.length; index++) {
      const fact = run[index]!
      const body = bodies[index]!
      hash = nextHash(hash, fact.position, digest(body))
      this.sealed.push(seal(fact.position, hash, body))
      this.facts.push(fact)
      this.sizeBytes += body.length
    }
    this.runs.push(run)
    return (this.end = { position: run.at(-1)!.position, hash })
  }
}

/** Throws `AppendRefused` for a fact that other logs could not take. */
export function encodeWithinLimit(fact: Fact): string {
  const text = encodeFact(fact)
  if (isLongerThan(text, LOG_LIMITS.factBytes)) {
    throw new AppendRefused(`${fact.type} is larger than ${LOG_LIMITS.factBytes} bytes`)
  }
  return text
}
