import { ALL_STREAM } from '#gateways/eventstoredb/access.ts'
import type { Group } from '#gateways/eventstoredb/persistent/group.ts'
import type { Checkpoint } from '#gateways/eventstoredb/persistent/store.ts'
import { persistent } from '#gateways/eventstoredb/protocol.ts'
import type { Place } from '#gateways/eventstoredb/sources.ts'

const { SubscriptionInfo } = persistent

/** What GetInfo and List say of a group. Rates are not measured: they are 0. */
export function encodeInfo(group: Group, parked: number): persistent.SubscriptionInfo {
  const { config, consumers, figures, total } = group
  const { settings, stream } = config
  const isAll = stream === ALL_STREAM
  return new SubscriptionInfo()
    .setEventSource(stream)
    .setGroupName(config.group)
    .setStatus(figures.isFollowing ? 'Live' : 'NotReady')
    .setConnectionsList(consumers.map(encodeConnection))
    .setTotalItems(String(total))
    .setCountSinceLastMeasurement('0')
    .setLastCheckpointedEventPosition(placeText(figures.checkpoint, isAll))
    .setLastKnownEventPosition(placeText(figures.frontier, isAll))
    .setResolveLinkTos(settings.resolvesLinks)
    .setStartFrom(startText(config.startFrom, isAll))
    .setMessageTimeoutMilliseconds(settings.messageTimeoutMs)
    .setExtraStatistics(settings.extraStatistics)
    .setMaxRetryCount(settings.maxRetryCount)
    .setLiveBufferSize(settings.liveBufferSize)
    .setBufferSize(settings.historyBufferSize)
    .setReadBatchSize(settings.readBatchSize)
    .setCheckPointAfterMilliseconds(settings.checkpointAfterMs)
    .setMinCheckPointCount(settings.minCheckpointCount)
    .setMaxCheckPointCount(settings.maxCheckpointCount)
    .setReadBufferCount(figures.fresh)
    .setLiveBufferCount('0')
    .setRetryBufferCount(figures.again)
    .setTotalInFlightMessages(figures.inFlight)
    .setOutstandingMessagesCount(figures.outstanding)
    .setNamedConsumerStrategy(settings.strategy)
    .setMaxSubscriberCount(settings.maxSubscriberCount)
    .setParkedMessageCount(String(parked))
}

function encodeConnection(consumer: Group['consumers'][number]) {
  return new SubscriptionInfo.ConnectionInfo()
    .setFrom(consumer.from)
    .setUsername(consumer.username)
    .setTotalItems(String(consumer.total))
    .setCountSinceLastMeasurement('0')
    .setAvailableSlots(Math.max(0, consumer.slots - consumer.inFlight))
    .setInFlightMessages(consumer.inFlight)
    .setConnectionName(consumer.connectionName)
}

/** A revision, or commit and prepare position; empty when there is none yet. */
function placeText(checkpoint: Checkpoint | undefined, isAll: boolean): string {
  if (!checkpoint || (!isAll && checkpoint.version < 0)) return ''
  return isAll ? positionText(checkpoint.position) : String(checkpoint.version)
}

function startText(startFrom: Place, isAll: boolean): string {
  const place = startFrom === 'start' ? 0 : startFrom === 'end' ? -1 : startFrom
  return isAll ? positionText(place) : String(place)
}

function positionText(position: number): string {
  return `C:${position}/P:${position}`
}
