/**
 * The protocol's definitions as EventStoreDB's own client ships them: CommonJS, generated. They
 * are taken in here and nowhere else.
 */
import rpc from '@eventstore/db-client/generated/code_pb.js'
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js'
import gossip from '@eventstore/db-client/generated/gossip_pb.js'
import monitoringGrpc from '@eventstore/db-client/generated/monitoring_grpc_pb.js'
import monitoring from '@eventstore/db-client/generated/monitoring_pb.js'
import persistentGrpc from '@eventstore/db-client/generated/persistent_grpc_pb.js'
import persistent from '@eventstore/db-client/generated/persistent_pb.js'
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js'
import features from '@eventstore/db-client/generated/serverfeatures_pb.js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import status from '@eventstore/db-client/generated/status_pb.js'
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import usersGrpc from '@eventstore/db-client/generated/users_grpc_pb.js'
import users from '@eventstore/db-client/generated/users_pb.js'

export { features, gossip, monitoring, persistent, rpc, shared, status, streams, users }

export const { StreamsService } = streamsGrpc
export const { PersistentSubscriptionsService } = persistentGrpc
export const { GossipService } = gossipGrpc
export const { ServerFeaturesService } = featuresGrpc
export const { MonitoringService } = monitoringGrpc
export const { UsersService } = usersGrpc
