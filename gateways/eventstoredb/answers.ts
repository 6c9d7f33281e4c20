import type { Fact } from '#events/fact.ts'

import { mayAccess } from '#gateways/eventstoredb/access.ts'
import { encodeRecord, type UuidForm } from '#gateways/eventstoredb/codec.ts'
import type { Door, MemberCall } from '#gateways/eventstoredb/command.ts'
import { categoryLink, type Found, resolveLink } from '#gateways/eventstoredb/links.ts'
import { shared, streams } from '#gateways/eventstoredb/protocol.ts'
import type { Source } from '#gateways/eventstoredb/sources.ts'

/** How a call's records are put into messages. */
export type Answering = (record: Fact) => streams.ReadResp | Promise<streams.ReadResp>

export interface AnswerOptions {
  readonly ids: UuidForm
  /** Whether links are followed to what they point to. */
  readonly resolves: boolean
}

/** What a record of a source is to its reader. */
export type Finding = (record: Fact) => Found | Promise<Found>

/** `mayRead`: whether the reader may see where a link leads. */
export function finding(
  log: Door['log'],
  source: Source,
  resolves: boolean,
  mayRead: (stream: string) => Promise<boolean>,
): Finding {
  if (source.kind === 'category') {
    const { category } = source
    return (record) => {
      const link = categoryLink(category, record)
      return resolves ? { event: record, link } : { event: link }
    }
  }
  if (!resolves) return (record) => ({ event: record })
  return (record) => resolveLink(log, record, mayRead)
}

export function answering(
  { door, member }: MemberCall,
  source: Source,
  { ids, resolves }: AnswerOptions,
): Answering {
  const find = finding(door.log, source, resolves, (stream) =>
    mayAccess(door, member, 'read', stream),
  )
  return (record) => {
    const found = find(record)
    return found instanceof Promise
      ? found.then((each) => encodeFound(each, ids))
      : encodeFound(found, ids)
  }
}

function encodeFound({ event, link }: Found, ids: UuidForm): streams.ReadResp {
  const { ReadEvent } = streams.ReadResp
  const message = new ReadEvent()
  if (event) message.setEvent(encodeRecord(new ReadEvent.RecordedEvent(), event, ids))
  if (link) message.setLink(encodeRecord(new ReadEvent.RecordedEvent(), link, ids))
  const original = link ?? event
  if (original) message.setCommitPosition(String(original.position))
  else message.setNoPosition(new shared.Empty())
  return new streams.ReadResp().setEvent(message)
}
