import type { Clock, Ids } from '#events/clock.ts'
import { DELETED, type EventLog, LOG_LIMITS } from '#events/event-log.ts'
import { type Fact, LOG_START, NO_VERSION } from '#events/fact.ts'
import { uncausedFact } from '#events/uncaused-fact.ts'

import { invalid } from '#gateways/eventstoredb/codec.ts'
import { LINK_TYPE } from '#gateways/eventstoredb/links.ts'
import type { GroupConfig, GroupName } from '#gateways/eventstoredb/persistent/settings.ts'

/** How far a group has come: everything up to here is settled. */
export interface Checkpoint {
  readonly position: number
  readonly version: number
}

export interface ParkedRange {
  /** Versions of the stream of parked messages; `to` is exclusive. */
  readonly from: number
  readonly to: number
}

export interface StoreDeps {
  readonly log: EventLog
  readonly clock: Clock
  readonly ids: Ids
}

/** Names and types are EventStoreDB's, so that its tools find their way. */
const CONFIG_STREAM = '$persistentSubscriptionConfig'
const CONFIG_TYPE = '$PersistentConfig'
const CHECKPOINT_TYPE = '$SubscriptionCheckpoint'
const LAST = { direction: 'backwards', limit: 1, as: 'records' } as const

const streamOfGroup = ({ stream, group }: GroupName, what: 'checkpoint' | 'parked') =>
  `$persistentsubscription-${stream}::${group}-${what}`

/** Whether a stream, or a stream's metadata, is about persistent subscriptions themselves. */
export function isBookkeeping(stream: string): boolean {
  const subject = stream.startsWith('$$$') ? stream.slice(2) : stream
  return subject === CONFIG_STREAM || subject.startsWith('$persistentsubscription-')
}

/**
 * What must outlive a restart of the persistent subscriptions, kept in the log itself: settings,
 * checkpoints and parked messages, in system streams.
 */
export function createGroupStore({ log, clock, ids }: StoreDeps) {
  const fact = (type: string, data: unknown) => uncausedFact({ clock, ids }, type, data)
  const lastOf = async (stream: string): Promise<Fact | undefined> => {
    for await (const record of log.readStream(stream, LAST)) return record
    return undefined
  }

  return {
    async load(): Promise<readonly GroupConfig[]> {
      const last = await lastOf(CONFIG_STREAM)
      return last ? (last.data as { readonly entries: readonly GroupConfig[] }).entries : []
    },

    async save(entries: readonly GroupConfig[]): Promise<void> {
      const data = { version: '3', entries }
      await log.append(CONFIG_STREAM, [fact(CONFIG_TYPE, data)], 'any')
    },

    /** Makes sure that nothing of an earlier group of that name counts. */
    async begin(name: GroupName): Promise<void> {
      const parked = streamOfGroup(name, 'parked')
      const checkpoints = streamOfGroup(name, 'checkpoint')
      const version = await log.streamVersion(parked)
      if (version !== NO_VERSION) await log.writeMetadata(parked, { truncateBefore: version + 1 })
      const truncateBefore = (await log.streamVersion(checkpoints)) + 1
      await log.writeMetadata(checkpoints, { maxCount: 2, truncateBefore })
    },

    async forget(name: GroupName): Promise<void> {
      for (const what of ['parked', 'checkpoint'] as const) {
        const stream = streamOfGroup(name, what)
        if ((await log.streamVersion(stream)) === NO_VERSION) continue
        await log.writeMetadata(stream, { truncateBefore: DELETED })
      }
    },

    async checkpoint(name: GroupName): Promise<Checkpoint | undefined> {
      const last = await lastOf(streamOfGroup(name, 'checkpoint'))
      return last ? (last.data as Checkpoint) : undefined
    },

    async writeCheckpoint(name: GroupName, checkpoint: Checkpoint): Promise<void> {
      await log.append(
        streamOfGroup(name, 'checkpoint'),
        [fact(CHECKPOINT_TYPE, checkpoint)],
        'any',
      )
    },

    /** Keeps a link to a message that no consumer could deal with. */
    async park(name: GroupName, { version, stream }: Fact, reason: string): Promise<void> {
      const link = fact(LINK_TYPE, Buffer.from(`${version}@${stream}`).toString('base64'))
      const why = { added: new Date(clock.now()).toISOString(), reason }
      const metadata = Buffer.from(JSON.stringify(why)).toString('base64')
      const foreign = { contentType: 'application/octet-stream' as const, metadata }
      const record = { ...link, meta: { ...link.meta, foreign } }
      await log.append(streamOfGroup(name, 'parked'), [record], 'any')
    },

    /** The parked messages that have not been replayed. */
    async parkedRange(name: GroupName): Promise<ParkedRange> {
      const stream = streamOfGroup(name, 'parked')
      const to = (await log.streamVersion(stream)) + 1
      const { truncateBefore = LOG_START } = await log.readMetadata(stream)
      return { from: Math.min(truncateBefore, to), to }
    },

    parkedFrom: (name: GroupName, from: number): AsyncIterable<Fact> =>
      log.readStream(streamOfGroup(name, 'parked'), { from, as: 'records' }),

    /** Parked messages before this version have been dealt with. */
    async unpark(name: GroupName, before: number): Promise<void> {
      await log.writeMetadata(streamOfGroup(name, 'parked'), { truncateBefore: before })
    },
  }
}

export type GroupStore = ReturnType<typeof createGroupStore>

/** Throws a `Refusal` for a group whose streams could not be named. */
export function assertNameable(name: GroupName): void {
  if (name.group === '') throw invalid('A group has a name.')
  if (Buffer.byteLength(streamOfGroup(name, 'checkpoint')) <= LOG_LIMITS.streamNameBytes) return
  throw invalid('The names of the stream and its group are too long together.')
}
