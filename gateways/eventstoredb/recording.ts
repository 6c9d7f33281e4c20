import {
  type AppendResult,
  DELETED,
  type ExpectedVersion,
  VersionConflict,
} from '#events/event-log.ts'
import { METADATA_TYPE, type NewFact, NO_VERSION, TOMBSTONE_TYPE } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

import { assertAccess, denied } from '#gateways/eventstoredb/access.ts'
import { invalid } from '#gateways/eventstoredb/codec.ts'
import type { MemberCall } from '#gateways/eventstoredb/command.ts'
import { DOOR_REFUSALS } from '#gateways/eventstoredb/replies.ts'

/** What an append has come to: without events nothing is recorded, and there is no position. */
export type Recorded = Pick<AppendResult, 'version'> & { readonly position?: number }

/** Streams that are made here from others, or kept by this server itself. */
const KEPT = /^(\$\$)?\$(persistentsubscription-|persistentSubscriptionConfig$)|^\$(all|ce-)/

/** Throws a `Refusal` for a stream that clients read only. */
export function assertNotKept(stream: string): void {
  if (KEPT.test(stream)) throw denied(`${stream} is kept by the server itself.`)
}

/** Rejects with a `Refusal` when the caller may not append to a stream. */
export async function assertAppendable(call: MemberCall, stream: string): Promise<void> {
  assertNotKept(stream)
  await assertAccess(call.door, call.member, 'write', stream)
}

/** Appends what a client has proposed. Errors: those of `EventLog.append`, and `Refusal`. */
export async function record(
  { door }: MemberCall,
  stream: string,
  facts: readonly NewFact[],
  expected: ExpectedVersion,
): Promise<Recorded> {
  if (facts.length === 0) return await checkOnly(door.log, stream, expected)
  if (stream.startsWith('$$')) facts.forEach(assertHarmless)
  const result = await door.log.append(stream, facts, expected)
  door.metrics.appended(facts.length)
  return result
}

/** What is appended beside a stream's metadata must not be taken for what it is not. */
function assertHarmless({ type, data }: NewFact): void {
  if (type === TOMBSTONE_TYPE) throw invalid('Streams are ended by Tombstone.')
  if (type === METADATA_TYPE && (typeof data !== 'object' || data === null)) {
    throw invalid('Metadata is a JSON object.')
  }
}

/** An append of nothing says whether the stream is as expected, and changes nothing. */
async function checkOnly(
  log: MemberCall['door']['log'],
  stream: string,
  expected: ExpectedVersion,
): Promise<Recorded> {
  const version = await log.streamVersion(stream)
  const { truncateBefore } = await log.readMetadata(stream)
  const seen = truncateBefore === DELETED ? NO_VERSION : version
  const isFitting =
    expected === 'any' ||
    (expected === 'exists' && seen !== NO_VERSION) ||
    (expected === 'no-stream' && seen === NO_VERSION) ||
    expected === version
  if (!isFitting) throw new VersionConflict(stream, expected, version)
  return { version }
}

export function tooLarge(limit: number): Refusal {
  return new Refusal(DOOR_REFUSALS.appendTooLarge, `An append has at most ${limit} bytes.`, {
    limit,
  })
}
