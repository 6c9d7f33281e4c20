import { headers, type Msg, type MsgHdrs } from 'nats'

import type { Fact } from '#events/fact.ts'

/**
 * What a message says beside the fact itself, which is its body, as JSON. `Nats-Msg-Id` is the
 * fact's id: within some minutes the server takes each once.
 */
export const FACT_HEADERS = {
  id: 'Nats-Msg-Id',
  expectedSequence: 'Nats-Expected-Last-Sequence',
  position: 'Veza-Position',
  version: 'Veza-Version',
  /** The position of the fact before it in the log; left out where it is not known. */
  previous: 'Veza-Previous',
} as const

export function headersOf(
  fact: Fact,
  previous: number | undefined,
  expectedSequence: number,
): MsgHdrs {
  const marked = headers()
  marked.append(FACT_HEADERS.id, fact.id)
  marked.append(FACT_HEADERS.expectedSequence, String(expectedSequence))
  marked.append(FACT_HEADERS.position, String(fact.position))
  marked.append(FACT_HEADERS.version, String(fact.version))
  if (previous !== undefined) marked.append(FACT_HEADERS.previous, String(previous))
  return marked
}

/** The position of a message's fact; undefined when the message is none of veza's. */
export function positionIn(marked: MsgHdrs | undefined): number | undefined {
  return numberIn(marked, FACT_HEADERS.position)
}

export function previousIn(marked: MsgHdrs | undefined): number | undefined {
  return numberIn(marked, FACT_HEADERS.previous)
}

/** Throws for a message that carries no fact. */
export function factIn(message: Msg): Fact {
  const fact = message.json<Partial<Fact> | null>()
  const isFact = typeof fact?.position === 'number' && typeof fact.stream === 'string'
  if (!isFact) throw new Error(`the message at ${message.subject} is not a fact`)
  return fact as Fact
}

function numberIn(marked: MsgHdrs | undefined, name: string): number | undefined {
  const text = marked?.get(name)
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
