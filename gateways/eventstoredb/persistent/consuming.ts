import { decodeUuid, encodeRecord, invalid, type UuidForm } from '#gateways/eventstoredb/codec.ts'
import type { MemberCall } from '#gateways/eventstoredb/command.ts'
import type { Outlet } from '#gateways/eventstoredb/outlet.ts'
import type { Consumer, Message } from '#gateways/eventstoredb/persistent/consumer.ts'
import type { Group } from '#gateways/eventstoredb/persistent/group.ts'
import { persistent, type shared } from '#gateways/eventstoredb/protocol.ts'

type Request = persistent.ReadReq
type Response = persistent.ReadResp

/** What one consumer may hold unsettled, whatever it asks for. */
const SLOTS_MAX = 5_000
const { Action } = persistent.ReadReq.Nack

/** One client's reading of a group: messages go out, settlements come in, until either ends it. */
export async function consume(
  group: Group,
  options: persistent.ReadReq.Options,
  {
    requests,
    outlet,
    call,
  }: {
    readonly requests: AsyncIterator<Request>
    readonly outlet: Outlet<Response>
    readonly call: MemberCall
  },
): Promise<void> {
  const dropped = Promise.withResolvers<never>()
  const consumer = createConsumer(group, options, { outlet, call, drop: dropped.reject })
  const leave = call.connection.subscribe()
  try {
    // Whoever is refused must not have been told before that they read.
    group.assertJoinable()
    const { stream, group: name } = group.config
    outlet.send(
      new persistent.ReadResp().setSubscriptionConfirmation(
        // Clients in Python check that it is what they have asked for.
        new persistent.ReadResp.SubscriptionConfirmation().setSubscriptionId(`${stream}::${name}`),
      ),
    )
    group.join(consumer)
    await Promise.race([settleAll(group, consumer, requests), dropped.promise])
  } finally {
    group.leave(consumer)
    leave()
  }
}

async function settleAll(
  group: Group,
  consumer: Consumer,
  requests: AsyncIterator<Request>,
): Promise<void> {
  for (let next = await requests.next(); !next.done; next = await requests.next()) {
    const ack = next.value.getAck()
    const nack = next.value.getNack()
    if (ack) group.acknowledge(consumer, idsOf(ack.getIdsList()))
    else if (!nack) throw invalid('A consumer settles messages and nothing else.')
    // Ended with a status that is no success: clients wait for ever on a call that ends well.
    else if (nack.getAction() === Action.STOP) throw group.dropped('was left by its consumer')
    else giveBack(group, consumer, nack)
  }
}

function giveBack(group: Group, consumer: Consumer, nack: persistent.ReadReq.Nack): void {
  const ids = idsOf(nack.getIdsList())
  const action = nack.getAction()
  if (action === Action.PARK)
    group.park(consumer, ids, nack.getReason().slice(0, REASON_CHARACTERS))
  else if (action === Action.SKIP) group.acknowledge(consumer, ids)
  else group.retry(consumer, ids)
}

const REASON_CHARACTERS = 1_000

function idsOf(ids: readonly shared.UUID[]): string[] {
  return ids.map(decodeUuid)
}

function createConsumer(
  group: Group,
  options: persistent.ReadReq.Options,
  {
    outlet,
    call,
    drop,
  }: {
    readonly outlet: Outlet<Response>
    readonly call: MemberCall
    readonly drop: (cause: unknown) => void
  },
): Consumer {
  const ids: UuidForm = options.getUuidOption()?.hasStructured() ? 'structured' : 'string'
  let isReady = true
  return {
    id: call.door.ids.next(),
    from: call.connection.address,
    username: call.member.name,
    connectionName: call.connectionName,
    slots: Math.min(Math.max(1, options.getBufferSize()), SLOTS_MAX),
    get isReady() {
      return isReady
    },
    inFlight: 0,
    total: 0,
    send(message) {
      call.door.metrics.sent(1)
      if (outlet.send(encodeMessage(message, ids))) return
      isReady = false
      void outlet.ready().then(() => {
        isReady = !call.signal.aborted
        group.pump()
      })
    },
    drop,
  }
}

function encodeMessage({ found, retries }: Message, ids: UuidForm): Response {
  const { ReadEvent } = persistent.ReadResp
  const event = new ReadEvent().setRetryCount(retries)
  if (found.event) event.setEvent(encodeRecord(new ReadEvent.RecordedEvent(), found.event, ids))
  if (found.link) event.setLink(encodeRecord(new ReadEvent.RecordedEvent(), found.link, ids))
  const position = (found.link ?? found.event)?.position
  if (position !== undefined) event.setCommitPosition(String(position))
  return new persistent.ReadResp().setEvent(event)
}
