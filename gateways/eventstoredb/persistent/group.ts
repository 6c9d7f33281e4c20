import type { LogSubscription } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'
import type { Refusal } from '#events/refusal.ts'

import { ALL_STREAM } from '#gateways/eventstoredb/access.ts'
import type { Finding } from '#gateways/eventstoredb/answers.ts'
import type { Door } from '#gateways/eventstoredb/command.ts'
import { createFilter } from '#gateways/eventstoredb/filter.ts'
import { Backlog } from '#gateways/eventstoredb/persistent/backlog.ts'
import { Checkpoints } from '#gateways/eventstoredb/persistent/checkpoints.ts'
import type { Consumer, Message } from '#gateways/eventstoredb/persistent/consumer.ts'
import { InFlight } from '#gateways/eventstoredb/persistent/in-flight.ts'
import { Parked } from '#gateways/eventstoredb/persistent/parked.ts'
import { Replays } from '#gateways/eventstoredb/persistent/replays.ts'
import { groupRefusal } from '#gateways/eventstoredb/persistent/refusals.ts'
import type { GroupConfig } from '#gateways/eventstoredb/persistent/settings.ts'
import {
  type Checkpoint,
  type GroupStore,
  isBookkeeping,
} from '#gateways/eventstoredb/persistent/store.ts'
import { createStrategy } from '#gateways/eventstoredb/persistent/strategies.ts'
import { DOOR_REFUSALS } from '#gateways/eventstoredb/replies.ts'

export interface GroupDeps {
  readonly door: Door
  readonly store: GroupStore
  /** What a record is to a consumer, with links followed or not. */
  readonly find: Finding
}

/**
 * One persistent subscription: consumers share its messages out, settle each or give it back, and
 * it remembers how far they are. A message may come again after a crash; none is left out.
 */
export class Group {
  readonly config: GroupConfig
  readonly consumers: Consumer[] = []
  readonly #deps: GroupDeps
  readonly #strategy
  readonly #backlog: Backlog
  readonly #inFlight: InFlight
  readonly #checkpoints: Checkpoints
  readonly #isWanted: (record: Fact) => boolean
  /** Being parked: neither settled nor with a consumer. */
  readonly #parking = new Set<Message>()
  readonly #parked: Parked
  readonly #replays: Replays
  /** The last record that was looked at. */
  #frontier: Checkpoint
  #following: LogSubscription | undefined
  #isStopped = false
  total = 0

  constructor(deps: GroupDeps, config: GroupConfig, last: Checkpoint | undefined) {
    this.#deps = deps
    this.config = config
    const { settings, filter, after, fromVersion } = config
    this.#parked = new Parked(deps.store, deps.door.log, config)
    this.#strategy = createStrategy(settings.strategy)
    this.#backlog = new Backlog(settings.historyBufferSize)
    this.#replays = new Replays({
      parked: this.#parked,
      backlog: this.#backlog,
      messageOf: (record) => this.#messageOf(record),
      pump: () => this.pump(),
      report: (cause) => this.#report(cause, 'parked messages could not be replayed'),
    })
    this.#inFlight = new InFlight(deps.door.clock, settings.messageTimeoutMs, (message) =>
      this.#comeBack(message, 'timeout'),
    )
    this.#isWanted = filter ? createFilter(filter).isWanted : () => true
    this.#frontier = last ?? { position: after, version: fromVersion - 1 }
    this.#checkpoints = new Checkpoints(
      {
        clock: deps.door.clock,
        settings,
        reached: () => this.#reached(),
        write: (checkpoint) => deps.store.writeCheckpoint(config, checkpoint),
        report: (cause) => this.#report(cause, 'a checkpoint could not be written'),
      },
      last,
    )
  }

  get figures() {
    const { fresh, again } = this.#backlog.counts
    return {
      fresh,
      again,
      inFlight: this.#inFlight.size,
      outstanding: this.#inFlight.size + again + this.#parking.size,
      checkpoint: this.#checkpoints.last,
      frontier: this.#frontier,
      isFollowing: this.#following !== undefined,
    }
  }

  /** Throws a `Refusal` when there are enough consumers, or the group has ended. */
  assertJoinable(): void {
    const { maxSubscriberCount } = this.config.settings
    if (this.#isStopped) throw this.dropped('has ended')
    if (maxSubscriberCount > 0 && this.consumers.length >= maxSubscriberCount) {
      throw groupRefusal(this.config, DOOR_REFUSALS.groupFull, 'has enough subscribers')
    }
  }

  /** Adds a consumer, and sends it what there is. Throws as `assertJoinable` does. */
  join(consumer: Consumer): void {
    this.assertJoinable()
    this.consumers.push(consumer)
    this.#following ??= this.#follow()
    this.pump()
  }

  leave(consumer: Consumer): void {
    const index = this.consumers.indexOf(consumer)
    if (index < 0) return
    this.consumers.splice(index, 1)
    for (const message of this.#inFlight.takeAll(consumer)) {
      message.retries++
      this.#backlog.putBack(message)
    }
    this.pump()
  }

  acknowledge(consumer: Consumer, ids: readonly string[]): void {
    this.#takeBack(consumer, ids, (message) => this.#settle(message, 'acknowledged'))
  }

  retry(consumer: Consumer, ids: readonly string[]): void {
    this.#takeBack(consumer, ids, (message) => this.#comeBack(message, 'client asked to retry'))
  }

  park(consumer: Consumer, ids: readonly string[], reason: string): void {
    this.#takeBack(consumer, ids, (message) => this.#park(message, reason))
  }

  /** Ids of what the consumer does not have, or not any more, are passed over. */
  #takeBack(consumer: Consumer, ids: readonly string[], deal: (message: Message) => void): void {
    for (const id of ids) {
      const message = this.#inFlight.take(id, consumer)
      if (message) deal(message)
    }
    this.pump()
  }

  /** Gives parked messages out again, up to a version of theirs, exclusive. */
  replayParked(stopAt = Number.POSITIVE_INFINITY): Promise<void> {
    return this.#replays.replay(stopAt)
  }

  /** Gives out what waits, as far as consumers take it. */
  pump(): void {
    if (this.#isStopped) return
    this.#backlog.drain((message) => {
      // An event that comes again from the parked ones after a crash is told apart by its id alone.
      if (this.#inFlight.has(message.id)) return false
      const consumer = this.#strategy.choose(message, this.consumers)
      if (!consumer) return false
      this.#inFlight.add(message, consumer)
      consumer.total++
      this.total++
      consumer.send(message)
      return true
    }, this.#strategy.mayPass)
  }

  /** Ends it: consumers are dropped, the checkpoint is noted. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#inFlight.stop()
    this.#replays.stop()
    this.#checkpoints.stop()
    this.#backlog.wake()
    const dropped = this.dropped('has ended')
    for (const consumer of this.consumers.splice(0)) consumer.drop(dropped)
    await this.#following?.stop()
    await this.#checkpoints
      .flush()
      .catch((cause: unknown) => this.#report(cause, 'the last checkpoint could not be written'))
  }

  #follow(): LogSubscription {
    const { stream } = this.config
    const { log } = this.#deps.door
    const kind = stream.startsWith('$ce-') ? stream.slice('$ce-'.length) : undefined
    return log.subscribe(
      {
        after: this.#frontier.position,
        batchSize: this.config.settings.readBatchSize,
        as: 'records',
        ...(kind !== undefined && { kinds: [kind] }),
        ...(kind === undefined && stream !== ALL_STREAM && { stream }),
      },
      {
        deliver: (records) => this.#takeIn(records),
        failed: (cause) => this.#fail(cause),
      },
    )
  }

  async #takeIn(records: readonly Fact[]): Promise<void> {
    for (const record of records) {
      while (this.#backlog.isFull && !this.#isStopped) await this.#backlog.room()
      if (this.#isStopped) return
      // Its own notes in the log must not make it note more.
      if (this.config.stream === ALL_STREAM && isBookkeeping(record.stream)) continue
      const version = this.#versionOf(record)
      if (version >= this.config.fromVersion && this.#isWanted(record)) {
        this.#backlog.push(await this.#messageOf(record))
        this.#frontier = { position: record.position, version }
      } else {
        this.#frontier = { position: record.position, version }
        this.#checkpoints.settled()
      }
      this.pump()
    }
  }

  async #messageOf(record: Fact): Promise<Message> {
    const found = await this.#deps.find(record)
    const { id } = found.link ?? found.event ?? record
    const { position } = record
    return { id, found, record, position, version: this.#versionOf(record), retries: 0 }
  }

  /** Its version in what is subscribed to: a category's revisions are positions. */
  #versionOf({ version, position }: Fact): number {
    return this.config.stream.startsWith('$ce-') ? position : version
  }

  #comeBack(message: Message, why: 'timeout' | 'client asked to retry'): void {
    if (message.retries >= this.config.settings.maxRetryCount) {
      return this.#park(message, `delivered ${message.retries + 1} times; at last: ${why}`)
    }
    message.retries++
    this.#deps.door.metrics.settled('retried')
    this.#backlog.putBack(message)
    this.pump()
  }

  #park(message: Message, reason: string): void {
    this.#parking.add(message)
    this.#parked.add(message.record, reason).then(
      () => {
        this.#parking.delete(message)
        this.#settle(message, 'parked')
      },
      (cause: unknown) => {
        this.#parking.delete(message)
        this.#report(cause, 'a message could not be parked')
        this.#backlog.putBack(message)
        this.pump()
      },
    )
  }

  #settle(message: Message, outcome: 'acknowledged' | 'parked'): void {
    this.#deps.door.metrics.settled(outcome)
    if (message.parkedAs === undefined) return this.#checkpoints.settled()
    this.#parked
      .settled(message.parkedAs)
      .catch((cause: unknown) => this.#report(cause, 'replayed messages could not be noted'))
  }

  #reached(): Checkpoint | undefined {
    let least: Message | undefined
    const waiting = [this.#backlog, this.#inFlight.messages(), this.#parking]
    for (const messages of waiting) {
      for (const message of messages) {
        if (message.parkedAs !== undefined) continue
        if (!least || message.position < least.position) least = message
      }
    }
    if (!least) return this.#frontier
    return { position: least.position - 1, version: least.version - 1 }
  }

  /** What a consumer is told whose reading ends. */
  dropped(why: string): Refusal {
    return groupRefusal(this.config, DOOR_REFUSALS.dropped, why)
  }

  #fail(cause: unknown): void {
    this.#following = undefined
    this.#report(cause, 'a persistent subscription could not read the log')
    const failed = groupRefusal(this.config, DOOR_REFUSALS.groupFailed, 'could not read the log')
    for (const consumer of this.consumers) consumer.drop(failed)
  }

  #report(cause: unknown, what: string): void {
    const { stream, group } = this.config
    this.#deps.door.logger.error({ err: cause, stream, group }, what)
  }
}
