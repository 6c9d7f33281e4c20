import type { Fact } from '#events/fact.ts'
import type { RoomFact } from '#events/room.facts.ts'

import type { Capabilities } from '#gateways/irc/capabilities.ts'
import { asOneLine, encodeMessage, type IrcMessage, splitByBytes } from '#gateways/irc/codec.ts'

/** Who is shown as the source of a line. */
export interface Voice {
  /** `nick!user@host`. */
  sourceOf(member: string): string
  readonly service: string
}

/** Bytes of text in one PRIVMSG: what is left of a line beside the longest source and channel. */
const TEXT_BYTES = 380

type Render<F extends Fact> = (fact: F, channel: string, voice: Voice) => IrcMessage[]

/** What a client in the room is shown of a room's fact; kinds that are not here, nothing. */
const RENDERS: {
  readonly [T in RoomFact['type']]?: Render<Extract<RoomFact, { readonly type: T }>>
} = {
  'room.message-posted': (fact, channel, voice) =>
    said(fact, voice.sourceOf(fact.data.member), channel, fact.data.text),
  'room.announced': (fact, channel, voice) => said(fact, voice.service, channel, fact.data.text),
  'room.joined': (fact, channel, voice) =>
    fact.data.first ? [joined(fact, voice.sourceOf(fact.data.member), channel)] : [],
  'room.left': (fact, channel, voice) =>
    fact.data.last
      ? [parted(fact, voice.sourceOf(fact.data.member), channel, fact.data.reason)]
      : [],
  'room.topic-set': (fact, channel, voice) => {
    const source = fact.meta.by === null ? voice.service : voice.sourceOf(fact.meta.by)
    return [{ tags: tagsOf(fact), source, command: 'TOPIC', params: [channel, fact.data.topic] }]
  },
}

export function renderRoomFact(fact: RoomFact, channel: string, voice: Voice): Rendered {
  const render = RENDERS[fact.type] as Render<RoomFact> | undefined
  return new Rendered(render?.(fact, channel, voice) ?? [])
}

/** The JOIN of a member, with account and real name for `extended-join`. */
export function joined(fact: Fact, source: string, channel: string): IrcMessage {
  const [nick = source] = source.split('!')
  const account = fact.meta.by ?? '*'
  return { tags: tagsOf(fact), source, command: 'JOIN', params: [channel, account, nick] }
}

export function parted(fact: Fact, source: string, channel: string, reason: string): IrcMessage {
  return { tags: tagsOf(fact), source, command: 'PART', params: [channel, asOneLine(reason)] }
}

/** A text that is longer than a line is said in several; the first carries the msgid. */
function said(fact: Fact, source: string, channel: string, text: string): IrcMessage[] {
  const first = tagsOf(fact)
  const { msgid: _, ...further } = first
  return splitByBytes(asOneLine(text), TEXT_BYTES).map((part, index) => ({
    tags: index === 0 ? first : further,
    source,
    command: 'PRIVMSG',
    params: [channel, part],
  }))
}

/** IRCv3 server-time, message-ids and account-tag: the same live and in any history. */
function tagsOf({ id, meta }: Fact) {
  return {
    time: new Date(meta.at).toISOString(),
    msgid: id,
    ...(meta.by !== null && { account: meta.by }),
  }
}

/** Messages for many clients: encoded once for each set of capabilities among them. */
export class Rendered {
  readonly #messages: readonly IrcMessage[]
  readonly #encoded = new Map<string, string>()

  constructor(messages: readonly IrcMessage[]) {
    this.#messages = messages
  }

  /** All lines with their CR LF; empty when there is nothing to show. */
  linesFor(capabilities: Capabilities): string {
    if (this.#messages.length === 0) return ''
    let lines = this.#encoded.get(capabilities.key)
    if (lines === undefined) {
      lines = this.#messages
        .map((message) => `${encodeMessage(capabilities.filter(message))}\r\n`)
        .join('')
      this.#encoded.set(capabilities.key, lines)
    }
    return lines
  }
}
