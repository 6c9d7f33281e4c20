import { status as codes } from '@grpc/grpc-js'
import anyProtobuf from 'google-protobuf/google/protobuf/any_pb.js'
import googleEmpty from 'google-protobuf/google/protobuf/empty_pb.js'

import { StreamEnded, VersionConflict } from '#events/event-log.ts'
import { NO_VERSION } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

import { encodeStream } from '#gateways/eventstoredb/codec.ts'
import type { Door } from '#gateways/eventstoredb/command.ts'
import { rpc, shared, status } from '#gateways/eventstoredb/protocol.ts'
import { DOOR_REFUSALS, replyTo } from '#gateways/eventstoredb/replies.ts'

interface Detail {
  /** Its name in the protocol, without the package. */
  readonly name: string
  readonly message: { serializeBinary(): Uint8Array }
}

/**
 * What went wrong with one append of a batch: the client tells errors apart by the detail alone,
 * which is one of six messages of the package `event_store.client`.
 */
export function batchError(cause: unknown, { logger }: Pick<Door, 'logger'>): status.Status {
  const reply = replyTo(cause)
  if (!reply) logger.error({ err: cause }, 'an append failed')
  const { name, message } = detailOf(cause)
  const detail = new anyProtobuf.Any()
  detail.pack(message.serializeBinary(), `event_store.client.${name}`)
  return new status.Status()
    .setCode(rpc.Code[codes[reply?.code ?? codes.UNKNOWN] as keyof typeof rpc.Code])
    .setMessage(reply?.details ?? 'Something went wrong.')
    .setDetails(detail)
}

function detailOf(cause: unknown): Detail {
  if (cause instanceof VersionConflict) {
    return { name: 'WrongExpectedVersion', message: encodeConflict(cause) }
  }
  if (cause instanceof StreamEnded) {
    const message = new shared.StreamDeleted().setStreamIdentifier(encodeStream(cause.stream))
    return { name: 'StreamDeleted', message }
  }
  if (!(cause instanceof Refusal)) return { name: 'Unknown', message: new shared.Unknown() }
  if (cause.code === DOOR_REFUSALS.accessDenied) {
    return { name: 'AccessDenied', message: new shared.AccessDenied() }
  }
  if (cause.code === DOOR_REFUSALS.timeout) {
    return { name: 'Timeout', message: new shared.Timeout() }
  }
  if (cause.code === DOOR_REFUSALS.appendTooLarge) {
    const limit = Number(cause.fields['limit'])
    const message = new shared.MaximumAppendSizeExceeded().setMaxappendsize(limit)
    return { name: 'MaximumAppendSizeExceeded', message }
  }
  return { name: 'Unknown', message: new shared.Unknown() }
}

function encodeConflict({ expected, actual }: VersionConflict): shared.WrongExpectedVersion {
  const wrong = new shared.WrongExpectedVersion()
  if (actual === NO_VERSION) wrong.setCurrentNoStream(new googleEmpty.Empty())
  else wrong.setCurrentStreamRevision(String(actual))
  if (expected === 'any') wrong.setExpectedAny(new googleEmpty.Empty())
  else if (expected === 'exists') wrong.setExpectedStreamExists(new googleEmpty.Empty())
  else if (expected === 'no-stream') wrong.setExpectedNoStream(new googleEmpty.Empty())
  else wrong.setExpectedStreamPosition(String(expected))
  return wrong
}
