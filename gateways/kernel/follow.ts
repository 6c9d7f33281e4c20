import type { EventLog } from '#events/event-log.ts'
import { type Fact, kindOf } from '#events/fact.ts'

/** What is followed: one stream, or all streams of some kinds. */
export type Followed = { readonly stream: string } | { readonly kinds: readonly string[] }

/** Where the facts go. */
export interface FollowSink {
  /**
   * Takes a fact. Answers whether more may come at once; after a false nothing comes until
   * `resume`. `isReplay`: the fact was recorded before the follower was live.
   */
  take(fact: Fact, isReplay: boolean): boolean
  /** Called once, when all that was recorded has been taken. */
  live(position: number): void
  /** The log could not be read; the follower has ended. */
  failed(cause: unknown): void
}

/** One reader of facts that goes at its own pace. */
export interface Follower {
  /** Hands over a fact as the bus delivers it, any number of times, started or not. */
  offer(fact: Fact): void
  /** Begins, or begins again, behind this position. */
  start(after: number): void
  /** The sink can take more. */
  resume(): void
  stop(): void
}

export interface FollowOptions {
  readonly log: Pick<EventLog, 'readAll' | 'readStream'>
  readonly followed: Followed
  readonly sink: FollowSink
  /** Facts read from the log at a time. Default 200. */
  readonly pageSize?: number
}

/**
 * Follows facts without loss or repeat, holding none of them.
 *
 * Live facts come from the bus through `offer`. As long as the reader is behind, an offered
 * fact only leaves its position in `newest`, because the log has it anyway: the log is the
 * buffer. The last page is one that is not full and while which nothing was offered; the switch
 * to live is made in the same turn. Who cannot keep up is sent back to reading the log, so a slow reader costs no memory.
 */
export function createFollower({ log, followed, sink, pageSize = 200 }: FollowOptions): Follower {
  let mode: 'idle' | 'reading' | 'full' | 'live' | 'stopped' = 'idle'
  let hasBeenLive = false
  /** Everything up to here has been taken. */
  let position = 0
  /** The last position offered while behind. */
  let newest = 0
  const read = pageReader(log, followed, pageSize)
  const isStopped = () => mode === 'stopped'

  function take(fact: Fact): boolean {
    position = fact.position
    if (sink.take(fact, !hasBeenLive)) return true
    if (!isStopped()) mode = 'full'
    return false
  }

  async function catchUp(): Promise<void> {
    while (mode === 'reading') {
      const newestBefore = newest
      const page = await read(position)
      if (isStopped()) return
      for (const fact of page) if (!take(fact)) return
      // What is offered was in the log before, so only facts offered meanwhile can be missing.
      if (page.length < pageSize && newest === newestBefore) return goLive()
    }
  }

  function goLive(): void {
    mode = 'live'
    if (hasBeenLive) return
    hasBeenLive = true
    sink.live(position)
  }

  function begin(): void {
    mode = 'reading'
    catchUp().catch((cause: unknown) => {
      if (isStopped()) return
      mode = 'stopped'
      sink.failed(cause)
    })
  }

  return {
    offer(fact) {
      if (mode !== 'live') newest = Math.max(newest, fact.position)
      else if (fact.position > position) take(fact)
    },
    start(after) {
      if (mode !== 'idle') return
      position = after
      begin()
    },
    resume() {
      if (mode === 'full') begin()
    },
    stop() {
      mode = 'stopped'
    },
  }
}

type ReadPage = (after: number) => Promise<readonly Fact[]>

function pageReader(log: FollowOptions['log'], followed: Followed, limit: number): ReadPage {
  if ('kinds' in followed) {
    const { kinds } = followed
    return (after) => collect(log.readAll({ after, kinds, limit }))
  }
  const { stream } = followed
  let known: Fact | undefined
  return async (after) => {
    const from =
      known?.position === after ? known.version + 1 : await versionAfter(log, stream, after)
    const page = await collect(log.readStream(stream, { from, limit }))
    known = page.at(-1) ?? known
    return page
  }
}

/** The first version of a stream that lies after a position: what is missing is what it reads. */
async function versionAfter(
  log: FollowOptions['log'],
  stream: string,
  after: number,
): Promise<number> {
  if (after === 0) return 0
  for await (const fact of log.readStream(stream, { direction: 'backwards' })) {
    if (fact.position <= after) return fact.version + 1
  }
  return 0
}

async function collect(facts: AsyncIterable<Fact>): Promise<readonly Fact[]> {
  const page: Fact[] = []
  for await (const fact of facts) page.push(fact)
  return page
}

/** Whether a fact is among those followed. */
export function isFollowed(followed: Followed, fact: Fact): boolean {
  if ('stream' in followed) return fact.stream === followed.stream
  return followed.kinds.includes(kindOf(fact.stream))
}
