import { AckPolicy, type ConsumerConfig, DeliverPolicy, type Msg, nanos } from 'nats'

import { NatsTrouble } from '#infra/nats/nats-trouble.ts'

/** A consumer that the server keeps under a name, with messages acknowledged. */
export interface DurableConsumer {
  readonly name: string
  /** Tells this process from another that uses the same name. */
  readonly owner: string
  /** The server sends no more than so many beyond the last acknowledged one. */
  readonly maxAckPending: number
}

/** How many messages may be on their way here. */
export const PULL_MESSAGES = 500
export const HEARTBEAT_MS = 2_000
const PULL_EXPIRES_MS = 10_000
/** The server forgets a consumer for whom nobody asks. */
const FORGET_MS = 60_000
const FORGET_DURABLE_MS = 7 * 24 * 3_600_000
/** After it the server would send again what is still being worked at: to no purpose. */
const ACK_WAIT_MS = 10 * 60_000

/** Asks a consumer for messages; they come until so many have come, or until it expires. */
export function pullRequest(batch: number): string {
  return JSON.stringify({
    batch,
    expires: nanos(PULL_EXPIRES_MS),
    idle_heartbeat: nanos(HEARTBEAT_MS),
  })
}

/**
 * A pull consumer that starts after a message of the stream, or, without one, with the newest
 * message of each subject.
 */
export function consumerConfig(
  sequence: number | undefined,
  { filter, durable }: { readonly filter?: string; readonly durable?: DurableConsumer },
): Partial<ConsumerConfig> {
  return {
    ...(filter !== undefined && { filter_subject: filter }),
    ...(sequence === undefined
      ? { deliver_policy: DeliverPolicy.LastPerSubject }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: sequence + 1 }),
    ...(durable
      ? {
          durable_name: durable.name,
          description: durable.owner,
          ack_policy: AckPolicy.All,
          max_ack_pending: durable.maxAckPending,
          ack_wait: nanos(ACK_WAIT_MS),
          inactive_threshold: nanos(FORGET_DURABLE_MS),
        }
      : {
          ack_policy: AckPolicy.None,
          inactive_threshold: nanos(FORGET_MS),
          mem_storage: true,
          num_replicas: 1,
        }),
  }
}

/** When the server took the message, in milliseconds since 1970. */
export function timeOf(message: Msg): number {
  return Number(BigInt(tokensOf(message)[4] ?? 0) / 1_000_000n)
}

/** A message's number in the stream, and which one it is of those that the consumer has sent. */
export function placeOf(message: Msg): { sequence: number; delivered: number } {
  const tokens = tokensOf(message)
  return { sequence: Number(tokens[2]), delivered: Number(tokens[3]) }
}

/**
 * Consumer, deliveries, stream sequence, consumer sequence, time and pending of a reply subject:
 * `$JS.ACK.<stream>.` and these, or with a domain and an account before the stream (ADR-15).
 */
function tokensOf({ reply = '' }: Msg): string[] {
  const tokens = reply.split('.')
  return tokens.slice(tokens.length > 9 ? 5 : 3)
}

/** What a message without a fact says of the consumer's end. */
export function statusTrouble(message: Msg): NatsTrouble {
  const { code = 0, description = '' } = message.headers ?? {}
  return new NatsTrouble('nats-refused', `the consumer ended: ${code} ${description}`)
}
