import type { Fact } from '#events/fact.ts'

import type { MemberCall } from '#gateways/eventstoredb/command.ts'
import type { EventFilter } from '#gateways/eventstoredb/filter.ts'
import type { Outlet } from '#gateways/eventstoredb/outlet.ts'
import { streams } from '#gateways/eventstoredb/protocol.ts'
import type { Answering } from '#gateways/eventstoredb/answers.ts'
import { followSource, type Place, type Source } from '#gateways/eventstoredb/sources.ts'

export interface Subscribing {
  readonly source: Source
  /** Events behind this place are delivered. */
  readonly from: Place
  readonly answer: Answering
  readonly outlet: Outlet<streams.ReadResp>
}

/**
 * Delivers what was recorded and then what comes, until the client goes. A client that reads
 * slowly holds up nothing but its own reading of the log.
 */
export async function subscribe(
  { door, connection, signal }: MemberCall,
  { source, from, answer, outlet }: Subscribing,
): Promise<void> {
  const leave = connection.subscribe()
  try {
    const { options, fromVersion } = await followSource(door.log, source, from)
    const filter = source.kind === 'all' ? source.filter : undefined
    const checkpoints = filter && checkpointing(filter, options.after, outlet)
    const id = door.ids.next()
    outlet.send(
      new streams.ReadResp().setConfirmation(
        new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(id),
      ),
    )
    const deliver = async (records: readonly Fact[]): Promise<void> => {
      for (const record of records) {
        if (signal.aborted) return
        if (record.version >= fromVersion && (!filter || filter.isWanted(record))) {
          door.metrics.sent(1)
          if (!outlet.send(await answer(record))) await outlet.ready()
        }
        if (checkpoints?.passed(record.position) === false) await outlet.ready()
      }
    }
    await new Promise<void>((resolve, reject) => {
      const subscription = door.log.subscribe(options, {
        deliver,
        live() {
          checkpoints?.live()
          outlet.send(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()))
        },
        failed: reject,
      })
      const stop = () => void subscription.stop().then(resolve, reject)
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop, { once: true })
    })
  } finally {
    leave()
  }
}

/** Tells a filtered subscription how far it is, when nothing that it wants has come for long. */
function checkpointing(
  { checkpointEvery }: EventFilter,
  after: number,
  outlet: Outlet<streams.ReadResp>,
) {
  let passed = 0
  let last = after
  const tell = (): boolean => {
    passed = 0
    const position = String(last)
    const checkpoint = new streams.ReadResp.Checkpoint()
      .setCommitPosition(position)
      .setPreparePosition(position)
    return outlet.send(new streams.ReadResp().setCheckpoint(checkpoint))
  }
  return {
    /** Answers whether more may be sent at once. */
    passed(position: number): boolean {
      last = position
      return ++passed < checkpointEvery || tell()
    },
    live(): void {
      if (passed > 0) tell()
    },
  }
}
