import { ErrorCode, NatsError } from 'nats'

/** What can be wrong with NATS, as a stable code. */
export type NatsTroubleCode =
  | 'nats-unreachable'
  | 'nats-unauthorized'
  | 'nats-timeout'
  | 'nats-closed'
  | 'nats-too-old'
  | 'nats-no-jetstream'
  | 'nats-payload-too-large'
  | 'nats-taken-over'
  | 'nats-out-of-order'
  | 'nats-overtaken'
  | 'nats-lost-facts'
  | 'nats-another-log'
  | 'nats-refused'

/** NATS did not do what it was asked to do. */
export class NatsTrouble extends Error {
  readonly code: NatsTroubleCode

  constructor(code: NatsTroubleCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'NatsTrouble'
    this.code = code
  }
}

const CODES: Readonly<Record<string, NatsTroubleCode>> = {
  [ErrorCode.AuthorizationViolation]: 'nats-unauthorized',
  [ErrorCode.AuthenticationExpired]: 'nats-unauthorized',
  [ErrorCode.AuthenticationTimeout]: 'nats-unauthorized',
  [ErrorCode.PermissionsViolation]: 'nats-unauthorized',
  [ErrorCode.Timeout]: 'nats-timeout',
  [ErrorCode.ConnectionClosed]: 'nats-closed',
  [ErrorCode.ConnectionDraining]: 'nats-closed',
  [ErrorCode.ConnectionRefused]: 'nats-unreachable',
  [ErrorCode.ConnectionTimeout]: 'nats-unreachable',
  [ErrorCode.Disconnect]: 'nats-unreachable',
  // Nobody answers JetStream's own subjects: it is switched off, or not up yet.
  [ErrorCode.NoResponders]: 'nats-no-jetstream',
  [ErrorCode.MaxPayloadExceeded]: 'nats-payload-too-large',
}

/** Any failure of the client library with a code of ours; `what` says what was being done. */
export function natsTrouble(what: string, cause: unknown): NatsTrouble {
  if (cause instanceof NatsTrouble) return cause
  const code = cause instanceof NatsError ? CODES[cause.code] : undefined
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new NatsTrouble(code ?? 'nats-refused', `${what}: ${reason}`, cause)
}

/** The number by which JetStream itself names an error, where the failure is one of its own. */
export function jetStreamError(cause: unknown): number | undefined {
  return cause instanceof NatsError ? cause.api_error?.err_code : undefined
}

/** From nats-server's server/errors.json. */
export const JETSTREAM_ERRORS = {
  consumerNotFound: 10_014,
  messageNotFound: 10_037,
  streamNotFound: 10_059,
  wrongLastSequence: 10_071,
} as const
