import type { ReadAs } from '#events/event-log.ts'
import { type Fact, kindOf, LOG_START } from '#events/fact.ts'

import { presented } from '#infra/log/lift.ts'

import { factOf } from '#infra/eventstoredb/event-codec.ts'
import { failureOf } from '#infra/eventstoredb/failures.ts'
import { readAllPages, type ReadDeps, readPage } from '#infra/eventstoredb/read-pages.ts'
import { readStreamRequest } from '#infra/eventstoredb/requests.ts'

const PAGE_EVENTS = 1_000
const BY_CATEGORY = '$by_category'

const categoryStream = (kind: string) => `$ce-${kind}`

/**
 * All facts of one kind, oldest first, through its category stream. The projection that makes
 * those streams runs behind the log, so what it has not linked yet is then read from `$all`.
 * A link whose fact is hidden or scavenged leads nowhere and is passed over.
 */
export async function* readCategory(
  deps: ReadDeps,
  kind: string,
  as: ReadAs | undefined,
): AsyncGenerator<Fact> {
  const stream = categoryStream(kind)
  let after = LOG_START
  let from: number | undefined = 0
  while (from !== undefined) {
    const count = PAGE_EVENTS
    const request = readStreamRequest({
      stream,
      from,
      direction: 'forwards',
      count,
      resolvesLinks: true,
    })
    const { events, isFull } = await readPage(deps, request, { count, stream })
    for (const resolved of events) {
      const link = resolved.getLink()
      const event = resolved.getEvent()
      const own = link ?? event
      if (own) from = Number(own.getStreamRevision()) + 1
      // Without a link it is no event of another stream, but the category's own.
      if (!link || !event) continue
      const fact = factOf(event)
      if (fact.position <= after || kindOf(fact.stream) !== kind) continue
      after = fact.position
      yield presented(fact, as)
    }
    if (!isFull) from = undefined
  }
  yield* readAllPages(deps, { after, kinds: [kind], ...(as && { as }) })
}

/**
 * Whether there are category streams: the system projection says that it runs or, where nobody
 * may ask it, the category of the newest fact answers with a link.
 */
export async function hasCategories(deps: ReadDeps): Promise<boolean> {
  try {
    return (await deps.connection.projectionStatus(BY_CATEGORY)) === 'Running'
  } catch (cause) {
    // Neither a missing service nor a missing right is a reason not to read at all.
    if (failureOf(cause) === 'unavailable') return false
    return await hasLinkToNewest(deps)
  }
}

async function hasLinkToNewest(deps: ReadDeps): Promise<boolean> {
  for await (const fact of readAllPages(deps, { direction: 'backwards', limit: 1 })) {
    const stream = categoryStream(kindOf(fact.stream))
    const request = readStreamRequest({
      stream,
      direction: 'backwards',
      count: 1,
      resolvesLinks: true,
    })
    const { events } = await readPage(deps, request, { count: 1, stream }).catch(() => ({
      // Category streams that this user may not read are none.
      events: [],
    }))
    return events[0]?.hasLink() ?? false
  }
  return false
}
