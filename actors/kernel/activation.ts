import { AppendRefused, type EventLog, LOG_LIMITS } from '#events/event-log.ts'
import { type Fact, LOG_START, type NewFact, NO_VERSION } from '#events/fact.ts'
import type { HostStore, StoredSnapshot } from '#events/host-store.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import {
  type Appended,
  factsOfCommand,
  isAsDecided,
  isWorthAnotherTry,
  makeFacts,
  type Outcome,
  type PendingCommand,
} from '#actors/kernel/batch.ts'
import type { ActorDefinition, Deadline } from '#actors/kernel/define-actor.ts'
import { Fold } from '#actors/kernel/fold.ts'
import type { ActorState, Command, CommandContext, Receipt } from '#actors/kernel/host.ts'
import { RecentCommands } from '#actors/kernel/recent-commands.ts'
import { Supervision } from '#actors/kernel/supervision.ts'

/** What an activation needs of its host. */
export interface ActivationHost {
  readonly log: EventLog
  readonly store: HostStore
  readonly now: () => number
  /** Waiting commands and reads an actor has at most. */
  readonly mailboxLimit: number
  /** An actor's rules failed, or something beside the log did. */
  readonly report: (stream: string, cause: unknown) => void
  readonly count: (kind: string, outcome: 'done' | 'refused' | 'failed', commands: number) => void
}

/** Commands of one batch: bounds the time between two looks at the event loop. */
const BATCH_COMMANDS = 1_024

/** One actor in memory: its mailbox, its state, and the loop that handles its commands. */
export class Activation {
  readonly #stream: string
  readonly #definition: ActorDefinition
  readonly #host: ActivationHost
  readonly #supervision: Supervision
  #fold: Fold | undefined
  #commands = new RecentCommands()
  #version = NO_VERSION
  #position = LOG_START
  #snapshotVersion = NO_VERSION
  #mailbox: PendingCommand[] = []
  #readers: (() => void)[] = []
  #draining: Promise<void> | undefined
  lastUsedAt: number

  constructor(stream: string, definition: ActorDefinition, host: ActivationHost) {
    this.#stream = stream
    this.#definition = definition
    this.#host = host
    this.#supervision = new Supervision(stream, host.now, host.report)
    this.lastUsedAt = host.now()
  }

  get isIdle(): boolean {
    return this.#draining === undefined
  }

  send(command: Command, context: CommandContext): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.#assertRoom()
      this.#mailbox.push({ command, context, resolve, reject })
      this.#start()
    })
  }

  /** The state once all commands before are settled. */
  async state(): Promise<ActorState> {
    this.lastUsedAt = this.#host.now()
    if (!this.isIdle || !this.#fold) {
      this.#assertRoom()
      await new Promise<void>((resolve) => {
        this.#readers.push(resolve)
        this.#start()
      })
    }
    if (!this.#fold) throw this.#supervision.lastRefusal()
    return this.#fold.state(this.#version)
  }

  async deadline(): Promise<Deadline | undefined> {
    return this.#definition.deadline?.(await this.state())
  }

  /** Resolves when no command is left. */
  async stopped(): Promise<void> {
    while (this.#draining) await this.#draining
  }

  /** Keeps value and context alone until the next fact. */
  settle(): void {
    if (this.isIdle) this.#fold?.settle()
  }

  /** Saves the state if the stored one is older. */
  async save(): Promise<void> {
    if (!this.#fold || this.#version === this.#snapshotVersion) return
    const { value, context } = this.#fold.state(this.#version)
    this.#snapshotVersion = this.#version
    await this.#host.store.saveSnapshot(this.#stream, {
      schema: this.#definition.snapshotSchema,
      version: this.#version,
      position: this.#position,
      value,
      context,
      commands: this.#commands.stored(),
    })
  }

  #assertRoom(): void {
    if (this.#mailbox.length + this.#readers.length >= this.#host.mailboxLimit) {
      throw new Refusal(HOST_REFUSALS.busy, 'Too many requests are waiting here; try again soon.')
    }
  }

  #start(): void {
    this.lastUsedAt = this.#host.now()
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined
      this.lastUsedAt = this.#host.now()
      if (this.#mailbox.length > 0 || this.#readers.length > 0) this.#start()
    })
  }

  async #drain(): Promise<void> {
    // Commands sent in the same turn of the event loop join the first batch.
    await Promise.resolve()
    while (this.#mailbox.length > 0 || this.#readers.length > 0) {
      const batch = this.#mailbox.splice(0, BATCH_COMMANDS)
      const readers = this.#mailbox.length === 0 ? this.#readers.splice(0) : []
      await this.#handle(batch)
      for (const resume of readers) resume()
    }
  }

  /** Decides, appends and settles a batch; decides it again when someone else has appended. */
  async #handle(batch: readonly PendingCommand[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#supervision.assertFit()
        await this.#load()
        return await this.#decideAndAppend(batch)
      } catch (cause) {
        this.#fold = undefined
        if (isWorthAnotherTry(cause, attempt, batch.length)) continue
        if (cause instanceof AppendRefused && batch.length > 1) {
          // One of them the log does not take: the others shall not suffer for it.
          for (const pending of batch) await this.#handle([pending])
          return
        }
        this.#failAll(batch, cause)
        return
      }
    }
  }

  async #load(): Promise<void> {
    if (this.#fold) return
    const { log } = this.#host
    const stored = await this.#snapshot()
    const isUsable =
      stored !== undefined &&
      stored.schema === this.#definition.snapshotSchema &&
      // A log that was put back to an earlier state knows less than the snapshot.
      stored.version <= (await log.streamVersion(this.#stream))
    this.#version = isUsable ? stored.version : NO_VERSION
    this.#position = isUsable ? stored.position : LOG_START
    this.#snapshotVersion = this.#version
    this.#commands = new RecentCommands(isUsable ? stored.commands : [])
    const fold = new Fold(
      this.#definition.machine,
      isUsable ? { value: stored.value, context: stored.context } : undefined,
    )
    for await (const fact of log.readStream(this.#stream, { from: this.#version + 1 })) {
      this.#foldRecorded(fold, fact)
      this.#commands.trim()
    }
    this.#fold = fold
  }

  /** The stored one, if it can be read: without it the log alone makes the state. */
  async #snapshot(): Promise<StoredSnapshot | undefined> {
    try {
      return await this.#host.store.loadSnapshot(this.#stream)
    } catch (cause) {
      this.#host.report(this.#stream, cause)
      return undefined
    }
  }

  #foldRecorded(fold: Fold, fact: Fact): void {
    fold.apply(fact)
    this.#commands.note(fact.meta.commandId, fact.version)
    this.#version = fact.version
    this.#position = fact.position
  }

  async #decideAndAppend(batch: readonly PendingCommand[]): Promise<void> {
    const facts: NewFact[] = []
    const outcomes: Outcome[] = []
    let taken = 0
    for (const pending of batch) {
      if (facts.length > LOG_LIMITS.factsPerAppend / 2) break
      outcomes.push(this.#decide(pending, facts))
      taken++
    }
    const expected = this.#version
    if (facts.length > 0) {
      const result = await this.#host.log.append(this.#stream, facts, expected)
      this.#version = result.version
      this.#position = result.position
      const isNew = isAsDecided(facts, result.facts, expected + 1)
      await this.#settleBatch(batch, outcomes, { ...result, first: expected + 1, isNew })
      if (!isNew) {
        // Recorded before, by an attempt whose end was never heard of: its facts are the true ones.
        this.#fold = undefined
        await this.#load()
      }
    } else {
      await this.#settleBatch(batch, outcomes, { facts: [], first: expected + 1, isNew: true })
    }
    this.#commands.trim()
    this.#supervision.succeeded()
    if (this.#version - this.#snapshotVersion >= this.#definition.snapshotEvery) {
      this.save().catch((cause: unknown) => this.#host.report(this.#stream, cause))
    }
    if (taken < batch.length) await this.#handle(batch.slice(taken))
  }

  /** Decides one command and folds its facts, which are added to the batch's. */
  #decide({ command, context }: PendingCommand, facts: NewFact[]): Outcome {
    const next = this.#version + 1 + facts.length
    const known = this.#commands.find(context.commandId)
    if (known) return { kind: 'repeated', ...known }
    let decided
    try {
      decided = this.#definition.decide(this.#fold!.state(next - 1), command, {
        now: this.#host.now(),
        by: context.by,
        flags: context.flags ?? '',
        connection: context.connection,
        isGranted: context.isGranted ?? false,
      })
    } catch (cause) {
      if (cause instanceof Refusal) return { kind: 'refused', cause }
      throw cause
    }
    const made = makeFacts(decided, context, this.#host.now(), this.#definition.facts)
    for (const [index, fact] of made.entries()) {
      this.#fold!.decide(fact)
      this.#commands.note(context.commandId, next + index)
      facts.push(fact)
    }
    return { kind: 'decided', first: next, count: decided.length }
  }

  async #settleBatch(
    batch: readonly PendingCommand[],
    outcomes: readonly Outcome[],
    { facts, first: firstNew, isNew }: Appended,
  ): Promise<void> {
    let refused = 0
    for (const [index, outcome] of outcomes.entries()) {
      const { context, resolve, reject } = batch[index]!
      if (outcome.kind === 'refused') {
        refused++
        reject(outcome.cause)
        continue
      }
      const { first, count } = outcome
      const decided =
        first < firstNew ? [] : facts.slice(first - firstNew, first - firstNew + count)
      const from = decided[0]?.version ?? first
      const isRead = first < firstNew || (!isNew && count > 0)
      const own = isRead
        ? await factsOfCommand(this.#host.log, this.#stream, from, context.commandId)
        : decided
      const last = own.at(-1)
      resolve({
        version: last?.version ?? this.#version,
        position: last?.position ?? this.#position,
        facts: own,
      })
    }
    this.#host.count(this.#definition.kind, 'done', outcomes.length - refused)
    if (refused > 0) this.#host.count(this.#definition.kind, 'refused', refused)
  }

  #failAll(batch: readonly PendingCommand[], cause: unknown): void {
    const refusal = this.#supervision.refusalFor(cause)
    for (const pending of batch) pending.reject(refusal)
    this.#host.count(this.#definition.kind, 'failed', batch.length)
  }
}
