/**
 * The protocol's definitions as EventStoreDB's own client ships them: CommonJS, generated. They
 * are taken in here and nowhere else.
 */
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'

export { shared, streams }
export const { StreamsClient } = streamsGrpc

export type {
  AppendResp,
  BatchAppendResp,
  ReadResp,
  TombstoneResp,
} from '@eventstore/db-client/generated/streams_pb.js'
export type {
  AppendReq,
  BatchAppendReq,
  ReadReq,
  TombstoneReq,
} from '@eventstore/db-client/generated/streams_pb.js'

export type { Status as BatchStatus } from '@eventstore/db-client/generated/status_pb.js'

export type ReadEvent = import('@eventstore/db-client/generated/streams_pb.js').ReadResp.ReadEvent
export type RecordedEvent =
  import('@eventstore/db-client/generated/streams_pb.js').ReadResp.ReadEvent.RecordedEvent
