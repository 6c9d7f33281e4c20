import googleEmpty from 'google-protobuf/google/protobuf/empty_pb.js'

import type { ExpectedVersion } from '#events/event-log.ts'
import { NO_VERSION } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

import { batchError } from '#gateways/eventstoredb/batch-errors.ts'
import { decodeCount, decodeStream, decodeUuid, invalid } from '#gateways/eventstoredb/codec.ts'
import { forMembers, type MemberCall } from '#gateways/eventstoredb/command.ts'
import type { Outlet } from '#gateways/eventstoredb/outlet.ts'
import { Proposals } from '#gateways/eventstoredb/proposals.ts'
import { shared, streams, StreamsService } from '#gateways/eventstoredb/protocol.ts'
import { assertAppendable, record, type Recorded } from '#gateways/eventstoredb/recording.ts'
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
  readonly proposals: Proposals
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
        const batch = await take(request, open, call)
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
      for (const { proposals } of open.values()) proposals.release()
    }
  },
)

/** Adds a message to its append. What is wrong with it waits for the append to be whole. */
async function take(request: Request, open: Map<string, Batch>, call: MemberCall): Promise<Batch> {
  const key = decodeUuid(request.getCorrelationId())
  const begun = open.get(key)
  const batch = begun ?? begin(request, open, call)
  open.set(key, batch)
  try {
    // What comes in parts is kept until it is whole: only for those who may append it.
    if (!begun && !request.getIsFinal()) await assertAppendable(call, batch.stream)
    if (batch.refused !== undefined) return batch
    for (const proposed of request.getProposedMessagesList()) batch.proposals.add(proposed)
  } catch (cause) {
    batch.refused = cause
  }
  return batch
}

function begin(request: Request, open: ReadonlyMap<string, Batch>, call: MemberCall): Batch {
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
    proposals: new Proposals(call),
  }
}

async function answer(batch: Batch, outlet: Outlet<Response>, call: MemberCall): Promise<void> {
  const response = new streams.BatchAppendResp()
    .setCorrelationId(batch.id)
    .setStreamIdentifier(batch.options.getStreamIdentifier())
  echoExpected(response, batch.options)
  const recording = attempt(batch, call)
  try {
    response.setSuccess(success(await inTime(recording, batch, call)))
  } catch (cause) {
    response.setError(batchError(cause, call.door))
  }
  outlet.send(response)
  // After a timeout it may still be recorded, and takes its place and its memory until then.
  await Promise.allSettled([recording])
  batch.proposals.release()
}

async function attempt({ refused, stream, proposals, expected }: Batch, call: MemberCall) {
  if (refused !== undefined) throw refused
  await assertAppendable(call, stream)
  return await record(call, stream, proposals.facts, expected)
}

/** Rejects with a `Refusal` when the client's deadline passes first. */
function inTime(
  recording: Promise<Recorded>,
  { options }: Batch,
  { door: { clock } }: MemberCall,
): Promise<Recorded> {
  const deadline = options.getDeadline()?.toDate().getTime()
  if (deadline === undefined) return recording
  return new Promise((resolve, reject) => {
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
