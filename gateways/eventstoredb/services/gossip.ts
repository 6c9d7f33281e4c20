import { invalid } from '#gateways/eventstoredb/codec.ts'
import { forEveryone } from '#gateways/eventstoredb/command.ts'
import { gossip, GossipService, shared } from '#gateways/eventstoredb/protocol.ts'

const DEFAULT_PORT = 2113

/**
 * A cluster of one, led by this server, at the address by which the client has reached it: that
 * one is right behind any proxy or address translation.
 */
export const gossipRead = forEveryone(GossipService.read, 'unary', async (_, call) => {
  const address = `http://${call.authority}`
  if (!URL.canParse(address)) throw invalid('The authority of a call is a host and a port.')
  const { hostname, port } = new URL(address)
  const member = new gossip.MemberInfo()
    .setInstanceId(new shared.UUID().setString(call.door.instanceId))
    .setTimeStamp(`${call.door.clock.now()}0000`)
    .setState(gossip.MemberInfo.VNodeState.LEADER)
    .setIsAlive(true)
    .setHttpEndPoint(
      new gossip.EndPoint()
        .setAddress(hostname.replace(/^\[|\]$/g, ''))
        .setPort(Number(port) || DEFAULT_PORT),
    )
  return new gossip.ClusterInfo().setMembersList([member])
})
