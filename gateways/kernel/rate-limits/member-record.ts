import { z } from 'zod'

import type { Meter } from '#gateways/kernel/rate-limits/meter.ts'

/** What is kept of one member: a meter an action, and whether the limits are tightened. */
export interface MemberRecord {
  readonly meters: Readonly<Record<string, Meter>>
  readonly tightened?: { readonly untilMs: number; readonly signal: string }
}

export const EMPTY_RECORD: MemberRecord = { meters: {} }

export function isTightened({ tightened }: MemberRecord, now: number): boolean {
  return tightened !== undefined && tightened.untilMs > now
}

/** A change of a record, to be made again when another was first. The same record: no change. */
export type Change<T> = (record: MemberRecord) => {
  readonly record: MemberRecord
  readonly result: T
}

/** Where the records are kept. */
export interface Records {
  change<T>(member: string, change: Change<T>): Promise<T>
  stop(): void
}

/**
 * The stricter of two records, meter by meter. With time each gets less strict by itself; of two
 * at one moment the laxer one lacks something.
 */
export function stricter(one: MemberRecord, other: MemberRecord): MemberRecord {
  const meters: Record<string, Meter> = { ...one.meters }
  for (const [action, meter] of Object.entries(other.meters)) {
    const mine = meters[action]
    if (!mine || mine.paidUntil < meter.paidUntil) meters[action] = meter
  }
  const tightened = [one.tightened, other.tightened]
    .filter((each) => each !== undefined)
    .toSorted((a, b) => b.untilMs - a.untilMs)[0]
  return { meters, ...(tightened && { tightened }) }
}

const stored = z.object({
  meters: z.record(z.string(), z.tuple([z.number(), z.number()])),
  tightened: z.tuple([z.number(), z.string()]).optional(),
})

/** As it lies in the shared bucket. */
export function encodeRecord({ meters, tightened }: MemberRecord): string {
  const pairs = Object.entries(meters).map(([action, { paidUntil, askedAt }]) => [
    action,
    [paidUntil, askedAt],
  ])
  return JSON.stringify({
    meters: Object.fromEntries(pairs),
    ...(tightened && { tightened: [tightened.untilMs, tightened.signal] }),
  })
}

/** Throws an error for what no process of ours has written. */
export function decodeRecord(text: string): MemberRecord {
  const { meters, tightened } = stored.parse(JSON.parse(text))
  const pairs = Object.entries(meters).map(([action, [paidUntil, askedAt]]) => [
    action,
    { paidUntil, askedAt },
  ])
  return {
    meters: Object.fromEntries(pairs) as Record<string, Meter>,
    ...(tightened && { tightened: { untilMs: tightened[0], signal: tightened[1] } }),
  }
}
