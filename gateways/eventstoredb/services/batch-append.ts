import googleEmpty from 'google-protobuf/google/protobuf/empty_pb.js'

import type { ExpectedVersion } from '#events/event-log.ts'
import { type NewFact, NO_VERSION } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

import { batchError } from '#gateways/eventstoredb/batch-errors.ts'
import {
  decodeCount,
  decodeProposed,
  decodeStream,
  decodeUuid,
  invalid,
  sizeOf,
} from '#gateways/eventstoredb/codec.ts'
import { forMembers, type MemberCall } from '#gateways/eventstoredb/command.ts'
import type { Outlet } from '#gateways/eventstoredb/outlet.ts'
import { shared, streams, StreamsService } from '#gateways/eventstoredb/protocol.ts'
import {
  assertAppendable,
  record,
  type Recorded,
  tooLarge,
} from '#gateways/eventstoredb/recording.ts'
import { DOOR_REFUSALS } from '#gateways/eventstoredb/replies.ts'

type Request = streams.BatchAppendReq
type Response = streams.BatchAppendResp

/** Appends that have begun and are not whole yet; a client has seldom more than one. */
const OPEN_BATCHES = 64

/** One append: it may come in several messages, told apart by the client's correlation id. */
interface Batch {
  readonly id: shared.UUID
  readonly options: streams.BatchAppendReq.Options
  readonly stream: string
  readonly expected: ExpectedVersion
  readonly facts: NewFact[]
  size: number
  /** Why it cannot be recorded, found before it was whole. */
  refused?: unknown
}

/** Many appends over one call; each is answered for itself, its error too. */
export const batchAppend = forMembers(
  StreamsService.batchAppend,
  'bidi',
  async (requests, outlet, call) => {
    const open = new Map<string, Batch>()
    const running = new Set<Promise<void>>()
    try {
      for await (const request of requests) {
        const batch = take(request, open, call)
        if (!request.getIsFinal()) continue
        open.delete(decodeUuid(request.getCorrelationId()))
        const answered = answer(batch, outlet, call).finally(() => running.delete(answered))
        running.add(answered)
        // A client that sends faster than it is served, or does not read, is not read either.
        if (running.size >= call.door.limits.batchesInFlight) await Promise.race(running)
        await outlet.ready()
      }
      await Promise.all(running)
    } finally {
      for (const { size } of open.values()) call.connection.hold(-size)
    }
  },
)

/** Adds a message to its append. What is wrong with it waits for the append to be whole. */
function take(request: Request, open: Map<string, Batch>, call: MemberCall): Batch {
  const key = decodeUuid(request.getCorrelationId())
  const batch = open.get(key) ?? begin(request, open)
  open.set(key, batch)
  for (const proposed of request.getProposedMessagesList()) {
    if (batch.refused !== undefined) break
    const bytes = sizeOf(proposed)
    batch.size += bytes
    try {
      call.connection.hold(bytes)
      if (batch.size > call.door.limits.appendBytes) throw tooLarge(call.door.limits.appendBytes)
      const by = { by: call.member.id, at: call.door.clock.now() }
      batch.facts.push(decodeProposed(proposed, by))
    } catch (cause) {
      batch.refused = cause
    }
  }
  return batch
}

function begin(request: Request, open: Map<string, Batch>): Batch {
  const options = request.getOptions()
  if (!options) throw invalid('A batch says first where to.')
  if (open.size >= OPEN_BATCHES) {
    throw new Refusal(DOOR_REFUSALS.tooMuch, 'Too many batches that are not whole.')
  }
  return {
    id: request.getCorrelationId()!,
    options,
    stream: decodeStream(options.getStreamIdentifier()),
    expected: decodeExpectedPosition(options),
    facts: [],
    size: 0,
  }
}

async function answer(batch: Batch, outlet: Outlet<Response>, call: MemberCall): Promise<void> {
  const response = new streams.BatchAppendResp()
    .setCorrelationId(batch.id)
    .setStreamIdentifier(batch.options.getStreamIdentifier())
  echoExpected(response, batch.options)
  try {
    response.setSuccess(success(await attempt(batch, call)))
  } catch (cause) {
    response.setError(batchError(cause, call.door))
  } finally {
    call.connection.hold(-batch.size)
  }
  outlet.send(response)
}

async function attempt(batch: Batch, call: MemberCall): Promise<Recorded> {
  if (batch.refused !== undefined) throw batch.refused
  const { clock } = call.door
  const deadline = batch.options.getDeadline()?.toDate().getTime()
  await assertAppendable(call, batch.stream)
  const recording = record(call, batch.stream, batch.facts, batch.expected)
  if (deadline === undefined) return await recording
  return await new Promise((resolve, reject) => {
    const cancel = clock.after(Math.max(0, deadline - clock.now()), () =>
      reject(new Refusal(DOOR_REFUSALS.timeout, 'It took longer than the client wants to wait.')),
    )
    void recording.finally(cancel).then(resolve, reject)
  })
}

function decodeExpectedPosition(options: streams.BatchAppendReq.Options): ExpectedVersion {
  if (options.hasStreamPosition()) return decodeCount(options.getStreamPosition())
  if (options.hasNoStream()) return 'no-stream'
  if (options.hasAny()) return 'any'
  if (options.hasStreamExists()) return 'exists'
  throw invalid('An expected revision is asked for.')
}

function echoExpected(response: Response, options: streams.BatchAppendReq.Options): void {
  if (options.hasStreamPosition()) response.setStreamPosition(options.getStreamPosition())
  else if (options.hasNoStream()) response.setNoStream(new googleEmpty.Empty())
  else if (options.hasAny()) response.setAny(new googleEmpty.Empty())
  else response.setStreamExists(new googleEmpty.Empty())
}

function success({ version, position }: Recorded): streams.BatchAppendResp.Success {
  const success = new streams.BatchAppendResp.Success()
  if (version === NO_VERSION) success.setNoStream(new googleEmpty.Empty())
  else success.setCurrentRevision(String(version))
  if (position === undefined) return success.setNoPosition(new googleEmpty.Empty())
  return success.setPosition(
    new shared.AllStreamPosition()
      .setCommitPosition(String(position))
      .setPreparePosition(String(position)),
  )
}
