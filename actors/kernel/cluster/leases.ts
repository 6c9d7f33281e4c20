import type { Clock } from '#events/clock.ts'
import { type KeyValue, type KeyValueChange, KeyValueConflict } from '#events/key-value.ts'

import type { Duty } from '#actors/kernel/cluster/duties.ts'
import { type Lease, LeaseBook } from '#actors/kernel/cluster/lease-book.ts'
import { type ClusterTimings, CLUSTER_TIMINGS, Members } from '#actors/kernel/cluster/members.ts'

export interface LeasesOptions {
  readonly bucket: KeyValue
  readonly clock: Clock
  /** Letters, digits, `-` and `_`; different in every process, and never used twice. */
  readonly address: string
  /** What holding which lease means. The same keys in every process. */
  readonly duties: ReadonlyMap<string, Duty>
  readonly timings?: ClusterTimings
  readonly report: (cause: unknown) => void
}

/** Who runs what, as this process sees it. */
export interface Leases {
  readonly address: string
  /** Whether this process holds the lease and may act on it now. */
  holds(key: string): boolean
  /** The address of the process that runs it, or undefined while nobody does. */
  addressOf(key: string): string | undefined
  /**
   * The fencing version of a lease, by which later holders are told from earlier ones: the
   * bucket's revision at which it was written. 0 when nobody has held it.
   */
  fence(key: string): number
  /** Takes part in one more lease; until then this process neither takes it nor is given it. */
  assign(key: string, duty: Duty): void
  /** Calls back at each change of a lease or of who is alive; the answer ends that. */
  onChange(changed: () => void): () => void
  /** Hands on every lease and says good-bye. */
  stop(): Promise<void>
}

const MEMBER = 'member/'
const LEASE = 'lease/'

/**
 * Leases on a shared bucket. Each process signs that it is alive; a lease is good while its
 * holder is. A process that cannot sign gives up its leases before the others take them, and
 * comes back under a new name, so that an old holder never acts again on what it held. What all
 * this cannot exclude (a process that is stopped for long in the middle of an append) the log's
 * expected version does.
 */
export async function joinLeases(options: LeasesOptions): Promise<Leases> {
  const leases = new LeaseTable(options)
  await leases.start()
  return leases
}

class LeaseTable implements Leases {
  readonly address: string
  readonly #options: LeasesOptions
  readonly #timings: ClusterTimings
  readonly #members: Members
  readonly #duties: Map<string, Duty>
  readonly #leases = new LeaseBook()
  /** Duties that have begun and not ended. */
  readonly #begun = new Set<string>()
  readonly #ending = new Map<string, Promise<void>>()
  /** Leases with a write under way, by which they are taken or handed on. */
  readonly #settling = new Set<string>()
  readonly #running = new Set<Promise<void>>()
  readonly #listeners = new Set<() => void>()
  #generation = 0
  #fitUntil = Number.NEGATIVE_INFINITY
  #isBeating = false
  #isStopping = false
  #cancel: (() => void) | undefined
  #watch: { stop(): Promise<void> } | undefined

  constructor(options: LeasesOptions) {
    this.#options = options
    this.address = options.address
    this.#timings = options.timings ?? CLUSTER_TIMINGS
    this.#members = new Members(options.clock, this.#timings.deadAfterMs)
    this.#duties = new Map(options.duties)
  }

  get #self(): string {
    return `${this.address}.${this.#generation}`
  }

  get #isFit(): boolean {
    return this.#options.clock.now() < this.#fitUntil
  }

  async start(): Promise<void> {
    this.#watch = await this.#options.bucket.watch((change) => this.#saw(change))
    await this.#beat()
    this.#turn()
  }

  holds(key: string): boolean {
    return this.#isFit && this.#isActing(key) && this.#leases.get(key)?.holder === this.#self
  }

  addressOf(key: string): string | undefined {
    const holder = this.#leases.get(key)?.holder
    if (holder === undefined || !this.#members.isAlive(holder)) return undefined
    return holder.slice(0, holder.lastIndexOf('.'))
  }

  fence(key: string): number {
    return this.#leases.get(key)?.revision ?? 0
  }

  assign(key: string, duty: Duty): void {
    this.#duties.set(key, duty)
    this.#follow(key)
  }

  onChange(changed: () => void): () => void {
    this.#listeners.add(changed)
    return () => void this.#listeners.delete(changed)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const { bucket, duties } = this.#options
    // What was assigned later may stand on what was there before, and take its time: until all
    // has ended this process goes on to sign, so that nobody takes over what it still does.
    await this.#endAll((key) => !duties.has(key))
    await this.#endAll(() => true)
    this.#cancel?.()
    await Promise.all(this.#running)
    const own = this.#leases.heldBy(this.#self)
    await Promise.all(
      own.map(([key, { revision }]) => this.#try(() => bucket.remove(LEASE + key, revision))),
    )
    await this.#try(() => bucket.remove(MEMBER + this.#self))
    await this.#watch?.stop()
    this.#listeners.clear()
  }

  /** Never waits for the bucket: a write that hangs must not hide that this process is unfit. */
  #turn(): void {
    this.#noticeUnfit()
    if (!this.#isBeating) this.#run(this.#beat())
    if (this.#isFit && !this.#isStopping) {
      for (const key of this.#duties.keys()) this.#settle(key)
      for (const member of this.#members.dead()) this.#clearAway(member)
    }
    this.#tell()
    this.#cancel = this.#options.clock.after(this.#timings.beatMs, () => this.#turn())
  }

  async #beat(): Promise<void> {
    const { bucket, clock } = this.#options
    const self = this.#self
    const startedAt = clock.now()
    this.#isBeating = true
    await this.#try(async () => {
      const sign = Members.sign(this.#duties.keys())
      await bucket.put(MEMBER + self, sign)
      if (self !== this.#self) return
      this.#fitUntil = startedAt + this.#timings.unfitAfterMs
      this.#members.saw(self, sign)
    })
    this.#isBeating = false
  }

  /** What was held under the old name is lost; its duties end, whoever has taken them. */
  #noticeUnfit(): void {
    if (this.#isFit || ![...this.#begun].some((key) => this.#isActing(key))) return
    this.#options.report(new Error('the cluster is out of reach: the leases are given up'))
    this.#members.lost(this.#self)
    this.#generation++
    for (const key of this.#begun) this.#run(this.#end(key))
  }

  /** Takes what nobody has, hands on what another should have. */
  #settle(key: string): void {
    if (this.#settling.has(key)) return
    const lease = this.#leases.get(key)
    const wanted = this.#members.wanted(key)
    const isOrphaned = lease === undefined || !this.#members.isAlive(lease.holder)
    if (isOrphaned && wanted === this.#self) this.#write(key, lease, wanted)
    else if (lease?.holder === this.#self && wanted !== undefined && wanted !== this.#self) {
      this.#write(key, lease, wanted)
    }
  }

  #write(key: string, lease: Lease | undefined, holder: string): void {
    const { bucket } = this.#options
    this.#settling.add(key)
    const written = this.#try(async () => {
      await this.#end(key)
      try {
        const revision = lease
          ? await bucket.update(LEASE + key, holder, lease.revision)
          : await bucket.create(LEASE + key, holder)
        this.#leases.note(key, holder, revision)
      } catch (cause) {
        if (!(cause instanceof KeyValueConflict)) throw cause
        // Another was first.
        const known = this.#leases.get(key)
        this.#leases.replace(key, known, await bucket.get(LEASE + key))
      }
      this.#tell()
    })
    this.#run(
      written.finally(() => {
        this.#settling.delete(key)
        this.#follow(key)
      }),
    )
  }

  #clearAway(member: string): void {
    if (this.#leases.heldBy(member).length === 0)
      this.#run(this.#try(() => this.#options.bucket.remove(MEMBER + member)))
  }

  #saw({ key, value, revision }: KeyValueChange): void {
    if (key.startsWith(MEMBER)) {
      const member = key.slice(MEMBER.length)
      if (value === undefined) this.#members.left(member)
      else if (this.#isOldSelf(member)) this.#members.lost(member)
      else this.#members.saw(member, value)
    } else if (key.startsWith(LEASE)) {
      const name = key.slice(LEASE.length)
      if (!this.#leases.note(name, value, revision)) return
      this.#follow(name)
    }
    this.#tell()
  }

  #isOldSelf(member: string): boolean {
    return member.startsWith(`${this.address}.`) && member !== this.#self
  }

  #isActing(key: string): boolean {
    return this.#begun.has(key) && !this.#ending.has(key)
  }

  /** Begins or ends the duty as the lease now stands. */
  #follow(key: string): void {
    const isOwn = this.#leases.get(key)?.holder === this.#self
    if (!isOwn && this.#begun.has(key)) this.#run(this.#end(key))
    const duty = this.#duties.get(key)
    if (!isOwn || !duty || this.#begun.has(key) || this.#settling.has(key)) return
    if (this.#isStopping) return
    this.#begun.add(key)
    duty.begin?.()
    this.#tell()
  }

  /** Ends the duty, if it has begun; the lease itself is the caller's to hand on. */
  #end(key: string): Promise<void> {
    const running = this.#ending.get(key)
    if (running) return running
    if (!this.#begun.has(key)) return Promise.resolve()
    const ended = (async () => this.#duties.get(key)?.end())()
      .catch((cause: unknown) => this.#options.report(cause))
      .finally(() => {
        this.#begun.delete(key)
        this.#ending.delete(key)
        // It may have come back meanwhile.
        this.#follow(key)
      })
    this.#ending.set(key, ended)
    return ended
  }

  async #endAll(matches: (key: string) => boolean): Promise<void> {
    await Promise.all([...this.#begun].filter(matches).map((key) => this.#end(key)))
  }

  #run(work: Promise<void>): void {
    this.#running.add(work)
    void work.finally(() => this.#running.delete(work))
  }

  async #try(run: () => Promise<unknown>): Promise<void> {
    try {
      await run()
    } catch (cause) {
      // Another was first: the watch tells who.
      if (!(cause instanceof KeyValueConflict)) this.#options.report(cause)
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
