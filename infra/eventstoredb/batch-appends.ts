import type { ClientDuplexStream } from '@grpc/grpc-js'

import { AppendRefused, LogUnavailable, StreamEnded } from '#events/event-log.ts'

import { LogAccessDenied } from '#infra/eventstoredb/failures.ts'
import {
  type AppendResp,
  type BatchAppendReq,
  type BatchAppendResp,
  type BatchStatus,
  shared,
  streams,
} from '#infra/eventstoredb/protocol.ts'

export type BatchCall = ClientDuplexStream<BatchAppendReq, BatchAppendResp>

interface Waiting {
  readonly resolve: (response: AppendResp) => void
  readonly reject: (cause: unknown) => void
}

/** An append on its way: whoever has its answer, or waits no longer, forgets it. */
export interface BatchAttempt {
  isGivenUp: boolean
  forget?: () => void
}

/** A call that is open, with the appends on their way in it. */
interface OpenCall {
  readonly call: BatchCall
  readonly waiting: Map<string, Waiting>
}

/**
 * Appends over one call, each a message, each answered for itself: more than twice as many a second
 * as with a call for each. EventStoreDB's client does so too, but keeps what is on its way to all
 * servers in one map; here it belongs to the call, and an error ends that call's appends only.
 */
export class BatchAppends {
  readonly #begin: () => Promise<BatchCall>
  #opening: Promise<OpenCall> | undefined
  #sent = 0

  constructor(begin: () => Promise<BatchCall>) {
    this.#begin = begin
  }

  /**
   * Answers as Append does. Rejects with the port's errors for what the server says of this
   * append, and with the call's own error when the call ends. One that is given up before the
   * call is open is not sent; afterwards its answer is not waited for.
   */
  async append(request: BatchAppendReq, attempt: BatchAttempt): Promise<AppendResp> {
    const opening = (this.#opening ??= this.#begun())
    const { call, waiting } = await opening
    if (attempt.isGivenUp) throw new LogUnavailable('the append was given up')
    // The call may have ended since: then there is nobody to answer.
    if (this.#opening !== opening) return await this.append(request, attempt)
    const id = correlationId(++this.#sent)
    const uuid = new shared.UUID()
    uuid.setString(id)
    request.setCorrelationId(uuid)
    return await new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      attempt.forget = () => void waiting.delete(id)
      call.write(request)
    })
  }

  #begun(): Promise<OpenCall> {
    // One that has ended may say so again when its successor is open: that one stays.
    const ended = () => {
      if (this.#opening === opening) this.#opening = undefined
    }
    const opening = this.#open(ended)
    opening.catch(ended)
    return opening
  }

  async #open(ended: () => void): Promise<OpenCall> {
    const call = await this.#begin()
    const waiting = new Map<string, Waiting>()
    const end = (cause: unknown) => {
      ended()
      for (const { reject } of waiting.values()) reject(cause)
    }
    call.on('data', (response: BatchAppendResp) => settle(waiting, response))
    call.on('error', end)
    call.on('end', () => end(new LogUnavailable('EventStoreDB has ended the call')))
    return { call, waiting }
  }
}

/** A UUID that is told apart from those of the same call: it needs no more. */
function correlationId(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
}

/** Of an append that nobody waits for any longer, the answer is left. */
function settle(waiting: ReadonlyMap<string, Waiting>, response: BatchAppendResp): void {
  const waits = waiting.get(textOf(response.getCorrelationId()))
  if (!waits) return
  try {
    waits.resolve(appendResponse(response))
  } catch (cause) {
    waits.reject(cause)
  }
}

/** EventStoreDB answers with the numbers of a UUID, whichever form was sent. */
function textOf(uuid: InstanceType<typeof shared.UUID> | undefined): string {
  const structured = uuid?.getStructured()
  if (!structured) return uuid?.getString() ?? ''
  const half = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0')
  const high = half(structured.getMostSignificantBits())
  const low = half(structured.getLeastSignificantBits())
  return [high.slice(0, 8), high.slice(8, 12), high.slice(12), low.slice(0, 4), low.slice(4)].join(
    '-',
  )
}

/** The answer in Append's form, in which a wrong expectation is an answer. */
function appendResponse(response: BatchAppendResp): AppendResp {
  const success = response.getSuccess()
  if (!success) return conflictOf(response.getError()!, response)
  const taken = new streams.AppendResp.Success()
  taken.setCurrentRevision(success.getCurrentRevision())
  const at = success.getPosition()
  if (at) {
    const position = new streams.AppendResp.Position()
    position.setCommitPosition(at.getCommitPosition())
    position.setPreparePosition(at.getPreparePosition())
    taken.setPosition(position)
  }
  const answer = new streams.AppendResp()
  answer.setSuccess(taken)
  return answer
}

const PACKAGE = 'event_store.client.'

/** What the details of an error stand for, but for a wrong expectation. */
const BY_DETAIL: Readonly<Record<string, (words: string, stream: string) => Error>> = {
  [`${PACKAGE}StreamDeleted`]: (_, stream) => new StreamEnded(stream),
  [`${PACKAGE}AccessDenied`]: (words) => new LogAccessDenied(words),
  [`${PACKAGE}MaximumAppendSizeExceeded`]: (words) => new AppendRefused(words),
}

function conflictOf(error: BatchStatus, response: BatchAppendResp): AppendResp {
  const details = error.getDetails()
  const name = details?.getTypeName() ?? ''
  if (details && name === `${PACKAGE}WrongExpectedVersion`) {
    const wrong = shared.WrongExpectedVersion.deserializeBinary(details.getValue_asU8())
    const conflict = new streams.AppendResp.WrongExpectedVersion()
    if (wrong.hasCurrentStreamRevision()) {
      conflict.setCurrentRevision(wrong.getCurrentStreamRevision())
    }
    const answer = new streams.AppendResp()
    answer.setWrongExpectedVersion(conflict)
    return answer
  }
  const words = `EventStoreDB says: ${error.getMessage()}`
  const stream = Buffer.from(response.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString()
  const known = Object.hasOwn(BY_DETAIL, name) ? BY_DETAIL[name] : undefined
  // Any other by its status, as the error of a call.
  throw known?.(words, stream) ?? Object.assign(new Error(words), { code: error.getCode() })
}
