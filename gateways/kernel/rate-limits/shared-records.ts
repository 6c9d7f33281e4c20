import type { Clock } from '#events/clock.ts'
import { type KeyValue, KeyValueConflict, KeyValueUnavailable } from '#events/key-value.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import {
  type Change,
  decodeRecord,
  EMPTY_RECORD,
  encodeRecord,
  type MemberRecord,
  type Records,
  stricter,
} from '#gateways/kernel/rate-limits/member-record.ts'
import { RecentMap } from '#gateways/kernel/recent-map.ts'

export interface SharedRecordsOptions {
  readonly keyValue: KeyValue
  readonly clock: Clock
  /** Members whose record this process remembers. */
  readonly members: number
  /** How long the bucket may take to answer; beyond it this process decides by itself. */
  readonly patienceMs: number
  /** So many changes were decided by this process alone. */
  readonly fellBack: (changes: number) => void
  readonly report: (cause: unknown) => void
}

/** A record as this process last saw or wrote it. */
interface Held {
  readonly record: MemberRecord
  /** In the bucket; 0: it is not there. */
  readonly revision: number
}

interface Waiting {
  readonly change: Change<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (cause: unknown) => void
}

/** Others were first so often that this process decides by itself. */
const ATTEMPTS = 10
const PROBE_AFTER_MS = 1_000
/** Changes of one member that wait for a write; beyond it they are refused with `busy`. */
const WAITING = 1_000

/**
 * Records in a bucket that all processes of a cluster share, written by compare-and-set.
 *
 * Changes of one member that come while a write is under way are written together afterwards,
 * so that writers compete with other processes alone. A record only ever gets stricter by what
 * others write: what is refused by the remembered one needs no question to the bucket. While the
 * bucket is out of reach the remembered records go on by themselves; when it is back, the
 * strictest of all counts.
 */
export function createSharedRecords(options: SharedRecordsOptions): Records {
  const { keyValue, clock, patienceMs, fellBack, report } = options
  const remembered = new RecentMap<string, Held>(options.members)
  const queues = new Map<string, Waiting[]>()
  let isAway = false
  let isStopped = false
  let cancelProbe = () => {}

  /** Rejects with `KeyValueUnavailable` when the answer takes too long. */
  function soon<T>(answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const cancel = clock.after(patienceMs, () =>
        reject(new KeyValueUnavailable(`no answer within ${patienceMs} ms`)),
      )
      answer.then(resolve, reject).finally(cancel)
    })
  }

  function lose(cause: unknown): void {
    if (isAway) return
    isAway = true
    report(cause)
    if (!isStopped) cancelProbe = clock.after(PROBE_AFTER_MS, probe)
  }

  /** Asks without anybody waiting for it whether the bucket is back. */
  function probe(): void {
    soon(keyValue.get('probe')).then(
      () => (isAway = false),
      () => {
        if (!isStopped) cancelProbe = clock.after(PROBE_AFTER_MS, probe)
      },
    )
  }

  async function load(member: string): Promise<Held> {
    const entry = await soon(keyValue.get(keyOf(member)))
    const mine = remembered.get(member)
    const theirs = entry ? decoded(entry.value) : EMPTY_RECORD
    // What the bucket has lost or was never told, this process still knows.
    const record = mine ? stricter(theirs, mine.record) : theirs
    const held = { record, revision: entry?.revision ?? 0 }
    remembered.set(member, held)
    return held
  }

  function decoded(value: string): MemberRecord {
    try {
      return decodeRecord(value)
    } catch (cause) {
      report(new Error('a record of rate limits cannot be read and is begun anew', { cause }))
      return EMPTY_RECORD
    }
  }

  async function write(member: string, record: MemberRecord, revision: number): Promise<void> {
    const [key, value] = [keyOf(member), encodeRecord(record)]
    const written =
      revision === 0 ? keyValue.create(key, value) : keyValue.update(key, value, revision)
    remembered.set(member, { record, revision: await soon(written) })
  }

  /** Makes the changes, in order, and answers their results. */
  async function commit(member: string, changes: readonly Change<unknown>[]): Promise<unknown[]> {
    for (let attempt = 0; attempt < ATTEMPTS && !isAway; attempt++) {
      try {
        const isKnown = attempt === 0 ? remembered.get(member) : undefined
        const held = isKnown ?? (await load(member))
        const { record, results } = applyAll(held.record, changes)
        if (record !== held.record) await write(member, record, held.revision)
        return results
      } catch (cause) {
        if (!(cause instanceof KeyValueConflict)) lose(cause)
      }
    }
    fellBack(changes.length)
    const held = remembered.get(member) ?? { record: EMPTY_RECORD, revision: 0 }
    const { record, results } = applyAll(held.record, changes)
    if (record !== held.record) remembered.set(member, { ...held, record })
    return results
  }

  async function drain(member: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0)
      try {
        const results = await commit(
          member,
          batch.map(({ change }) => change),
        )
        batch.forEach(({ resolve }, index) => resolve(results[index]))
      } catch (cause) {
        for (const { reject } of batch) reject(cause)
      }
    }
    queues.delete(member)
  }

  return {
    change<T>(member: string, change: Change<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const waiting = { change, resolve: resolve as (result: unknown) => void, reject }
        const queue = queues.get(member)
        if (queue && queue.length >= WAITING) {
          return reject(new Refusal(HOST_REFUSALS.busy, 'You do too much at the same time.'))
        }
        if (queue) return void queue.push(waiting)
        const begun = [waiting]
        queues.set(member, begun)
        void drain(member, begun)
      })
    },
    stop() {
      isStopped = true
      cancelProbe()
    },
  }
}

function applyAll(
  before: MemberRecord,
  changes: readonly Change<unknown>[],
): { readonly record: MemberRecord; readonly results: unknown[] } {
  let record = before
  const results = changes.map((change) => {
    const outcome = change(record)
    record = outcome.record
    return outcome.result
  })
  return { record, results }
}

function keyOf(member: string): string {
  return `member/${member}`
}
