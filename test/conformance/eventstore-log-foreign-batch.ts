import shared from '@eventstore/db-client/generated/shared_pb.js'
import status from '@eventstore/db-client/generated/status_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import anyProtobuf from 'google-protobuf/google/protobuf/any_pb.js'
import codes from '@eventstore/db-client/generated/code_pb.js'

import type { ProposedRecord } from '#test/conformance/eventstore-log-foreign-rules.ts'

export type BatchCall = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>

/** Where to and what is expected, in the form in which Append has it. */
export function appendOptions(request: streams.BatchAppendReq): streams.AppendReq.Options {
  const given = request.getOptions()!
  const options = new streams.AppendReq.Options()
  options.setStreamIdentifier(given.getStreamIdentifier())
  if (given.hasStreamPosition()) options.setRevision(given.getStreamPosition())
  else if (given.hasNoStream()) options.setNoStream(new shared.Empty())
  else if (given.hasStreamExists()) options.setStreamExists(new shared.Empty())
  else options.setAny(new shared.Empty())
  return options
}

export function proposedOf(
  message: streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage,
): ProposedRecord {
  return {
    id: message.getId()!.getString(),
    type: message.getMetadataMap().get('type')!,
    contentType: message.getMetadataMap().get('content-type')!,
    data: Buffer.from(message.getData_asU8()),
    metadata: Buffer.from(message.getCustomMetadata_asU8()),
  }
}

/** Append's answer as one of BatchAppend's. */
export function batchAnswer(
  request: streams.BatchAppendReq,
  response: streams.AppendResp,
): streams.BatchAppendResp {
  const answer = new streams.BatchAppendResp()
    .setCorrelationId(request.getCorrelationId())
    .setStreamIdentifier(request.getOptions()!.getStreamIdentifier())
  const wrong = response.getWrongExpectedVersion()
  if (wrong) return answer.setError(conflict(wrong))
  const taken = response.getSuccess()!
  const success = new streams.BatchAppendResp.Success()
  success.setCurrentRevision(taken.getCurrentRevision())
  const at = taken.getPosition()
  if (at) {
    success.setPosition(
      new shared.AllStreamPosition()
        .setCommitPosition(at.getCommitPosition())
        .setPreparePosition(at.getPreparePosition()),
    )
  }
  return answer.setSuccess(success)
}

function conflict(wrong: streams.AppendResp.WrongExpectedVersion): status.Status {
  const message = new shared.WrongExpectedVersion()
  if (wrong.hasCurrentRevision()) message.setCurrentStreamRevision(wrong.getCurrentRevision())
  const detail = new anyProtobuf.Any()
  detail.pack(message.serializeBinary(), 'event_store.client.WrongExpectedVersion')
  return new status.Status().setCode(codes.Code.ALREADY_EXISTS).setDetails(detail)
}
