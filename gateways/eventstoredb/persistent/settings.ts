import { decodeCount, invalid } from '#gateways/eventstoredb/codec.ts'
import type { FilterSettings } from '#gateways/eventstoredb/filter.ts'
import { persistent } from '#gateways/eventstoredb/protocol.ts'
import type { Place } from '#gateways/eventstoredb/sources.ts'

/** How a group shares its messages out. The words are EventStoreDB's. */
export type StrategyName = 'DispatchToSingle' | 'RoundRobin' | 'Pinned' | 'PinnedByCorrelation'

export interface GroupSettings {
  readonly resolvesLinks: boolean
  readonly extraStatistics: boolean
  /** 0: a consumer may take as long as it wants. */
  readonly messageTimeoutMs: number
  /** Deliveries after the first; then a message is parked. */
  readonly maxRetryCount: number
  readonly checkpointAfterMs: number
  readonly minCheckpointCount: number
  readonly maxCheckpointCount: number
  /** 0: as many as come. */
  readonly maxSubscriberCount: number
  readonly liveBufferSize: number
  readonly readBatchSize: number
  readonly historyBufferSize: number
  readonly strategy: StrategyName
}

export interface GroupName {
  /** `$all` for the whole log. */
  readonly stream: string
  readonly group: string
}

/** A group as it is kept. */
export interface GroupConfig extends GroupName {
  /** As it was asked for. */
  readonly startFrom: Place
  /** What that meant when the group was made: behind this position, from this version on. */
  readonly after: number
  readonly fromVersion: number
  readonly filter?: FilterSettings
  readonly settings: GroupSettings
}

interface SettingsMessage {
  getResolveLinks(): boolean
  getExtraStatistics(): boolean
  getMaxRetryCount(): number
  getMinCheckpointCount(): number
  getMaxCheckpointCount(): number
  getMaxSubscriberCount(): number
  getLiveBufferSize(): number
  getReadBatchSize(): number
  getHistoryBufferSize(): number
  getNamedConsumerStrategy(): number
  /** Only of a creation. */
  getConsumerStrategy?(): string
  hasMessageTimeoutTicks(): boolean
  getMessageTimeoutTicks(): string
  getMessageTimeoutMs(): number
  hasCheckpointAfterTicks(): boolean
  getCheckpointAfterTicks(): string
  getCheckpointAfterMs(): number
}

const TICKS_PER_MS = 10_000
/** What may be held for one group: messages, and timers for at most this long. */
const BUFFER_MAX = 10_000
const DURATION_MAX_MS = 24 * 3_600_000
const COUNT_MAX = 2 ** 31 - 1

const { ConsumerStrategy } = persistent.CreateReq
const STRATEGIES: Readonly<Record<number, StrategyName>> = {
  [ConsumerStrategy.DISPATCHTOSINGLE]: 'DispatchToSingle',
  [ConsumerStrategy.ROUNDROBIN]: 'RoundRobin',
  [ConsumerStrategy.PINNED]: 'Pinned',
}
const STRATEGY_NAMES: readonly StrategyName[] = [
  'DispatchToSingle',
  'RoundRobin',
  'Pinned',
  'PinnedByCorrelation',
]

export function decodeSettings(message: SettingsMessage | undefined): GroupSettings {
  if (!message) throw invalid('A persistent subscription has settings.')
  return {
    resolvesLinks: message.getResolveLinks(),
    extraStatistics: message.getExtraStatistics(),
    messageTimeoutMs: within(
      'message timeout',
      message.hasMessageTimeoutTicks()
        ? decodeCount(message.getMessageTimeoutTicks()) / TICKS_PER_MS
        : message.getMessageTimeoutMs(),
      [0, DURATION_MAX_MS],
    ),
    maxRetryCount: within('max retry count', message.getMaxRetryCount(), [0, COUNT_MAX]),
    checkpointAfterMs: within(
      'checkpoint time',
      message.hasCheckpointAfterTicks()
        ? decodeCount(message.getCheckpointAfterTicks()) / TICKS_PER_MS
        : message.getCheckpointAfterMs(),
      [0, DURATION_MAX_MS],
    ),
    minCheckpointCount: within('min checkpoint count', message.getMinCheckpointCount(), [
      0,
      COUNT_MAX,
    ]),
    maxCheckpointCount: within('max checkpoint count', message.getMaxCheckpointCount(), [
      0,
      COUNT_MAX,
    ]),
    maxSubscriberCount: within('subscriber count', message.getMaxSubscriberCount(), [0, COUNT_MAX]),
    liveBufferSize: within('live buffer', message.getLiveBufferSize(), [0, BUFFER_MAX]),
    readBatchSize: within('read batch', message.getReadBatchSize(), [1, BUFFER_MAX]),
    historyBufferSize: within('history buffer', message.getHistoryBufferSize(), [1, BUFFER_MAX]),
    strategy: decodeStrategy(message),
  }
}

function decodeStrategy(message: SettingsMessage): StrategyName {
  const name = message.getConsumerStrategy?.() ?? ''
  const strategy =
    name === ''
      ? STRATEGIES[message.getNamedConsumerStrategy()]
      : STRATEGY_NAMES.find((known) => known === name)
  if (!strategy) throw invalid(`${name} is no consumer strategy.`)
  return strategy
}

function within(what: string, value: number, [low, high]: readonly [number, number]): number {
  if (Number.isFinite(value) && value >= low && value <= high) return Math.ceil(value)
  throw invalid(`The ${what} of a persistent subscription is from ${low} to ${high}.`)
}
