import { AppendRefused, LOG_LIMITS } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'

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

/** Some appends that are decided and will be written together. */
export class AppendUnit {
  readonly facts: Fact[] = []
  readonly sealed: SealedRecord[] = []
  readonly runs: (readonly Fact[])[] = []
  /** Streams whose metadata or end it decides, as they are then. */
  readonly described = new Map<string, StreamState>()
  /** Tell those who wait that it is done, or that it failed. */
  readonly settles: (() => void)[] = []
  readonly rejects: ((cause: unknown) => void)[] = []
  /** Where the chain ends after it, when it records anything. */
  end: ChainEnd | undefined
  /** Of the facts as JSON. */
  sizeBytes = 0

  get hasRoom(): boolean {
    return this.settles.length < APPENDS && this.facts.length < LOG_LIMITS.factsPerAppend
  }

  /** Takes a run of facts that follow the end of the chain. Answers its new end. */
  take(run: readonly Fact[], bodies: readonly string[], end: ChainEnd): ChainEnd {
    let { hash } = end
    for (const [index, fact] of run.entries()) {
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
  if (text.length > LOG_LIMITS.factBytes) {
    throw new AppendRefused(`${fact.type} is larger than ${LOG_LIMITS.factBytes} bytes`)
  }
  return text
}
