import { AppendRefused, LOG_LIMITS } from '#events/event-log.ts'
import type { NewFact } from '#events/fact.ts'

import { decodeProposed, type ProposedMessage, sizeOf } from '#gateways/eventstoredb/codec.ts'
import type { MemberCall } from '#gateways/eventstoredb/command.ts'
import { tooLarge } from '#gateways/eventstoredb/recording.ts'

/** The events of one append as they come, held on their connection's account until `release`. */
export class Proposals {
  readonly facts: NewFact[] = []
  readonly #call: MemberCall
  #bytes = 0

  constructor(call: MemberCall) {
    this.#call = call
  }

  /** Throws a `Refusal` for what is no event or beyond the limits, `AppendRefused` for too many. */
  add(proposed: ProposedMessage): void {
    const { door, connection, member } = this.#call
    // A small event takes far more here than its bytes: the number is bounded before they are kept.
    if (this.facts.length >= LOG_LIMITS.factsPerAppend) {
      throw new AppendRefused(`an append has at most ${LOG_LIMITS.factsPerAppend} facts`)
    }
    const bytes = sizeOf(proposed)
    this.#bytes += bytes
    connection.hold(bytes)
    if (this.#bytes > door.limits.appendBytes) throw tooLarge(door.limits.appendBytes)
    this.facts.push(decodeProposed(proposed, { by: member.id, at: door.clock.now() }))
  }

  release(): void {
    this.#call.connection.hold(-this.#bytes)
    this.#bytes = 0
  }
}
