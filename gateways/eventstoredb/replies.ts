import { Metadata, type ServiceError, status } from '@grpc/grpc-js'

import { type ExpectedVersion, StreamEnded, VersionConflict } from '#events/event-log.ts'
import { NO_VERSION } from '#events/fact.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'
import { LOCKOUT_REFUSALS } from '#actors/lockout/lockout.commands.ts'
import { LOGIN_REFUSALS } from '#gateways/kernel/login.ts'
import { STANDING_REFUSALS } from '#gateways/members/standing.ts'
import { PROOF_REFUSALS } from '#gateways/members/verified-members.ts'

export const DOOR_REFUSALS = {
  unauthenticated: PROOF_REFUSALS.unauthenticated,
  accessDenied: 'access-denied',
  invalidArgument: 'invalid-argument',
  unsupported: 'unsupported',
  /** Fields `stream`. */
  streamDeleted: 'stream-ended',
  /** Field `limit`, in bytes. */
  appendTooLarge: 'append-too-large',
  timeout: 'timeout',
  tooMuch: 'too-much-at-once',
  userNotFound: 'user-not-found',
  /** These have the fields `stream` and `group`. */
  groupExists: 'group-exists',
  groupUnknown: 'group-unknown',
  groupFailed: 'group-failed',
  groupFull: 'group-full',
  dropped: 'dropped',
} as const

interface Reply {
  readonly code: status
  /** The word by which clients know the error. */
  readonly exception?: string
  /** Trailers: the name in the protocol to the field of the error. */
  readonly trailers?: Readonly<Record<string, string>>
}

const OF_STREAM = { 'stream-name': 'stream' }
const OF_GROUP = { 'stream-name': 'stream', 'group-name': 'group' }

/**
 * What is refused, as EventStoreDB's clients expect it: a gRPC status, and in the trailers an
 * `exception` with what belongs to it. Source: src/EventStore.Core/Services/Transport/Grpc/
 * RpcExceptions.cs and Constants.cs of EventStoreDB 23.10.
 */
const REPLIES: Readonly<Record<string, Reply>> = {
  [DOOR_REFUSALS.unauthenticated]: { code: status.UNAUTHENTICATED },
  [LOGIN_REFUSALS.loginIncorrect]: { code: status.UNAUTHENTICATED },
  [PROOF_REFUSALS.loginQueueFull]: { code: status.UNAVAILABLE },
  [LOCKOUT_REFUSALS.lockedOut]: { code: status.RESOURCE_EXHAUSTED },
  [LOGIN_REFUSALS.mfaRequired]: { code: status.UNAUTHENTICATED },
  [STANDING_REFUSALS.loginDenied]: { code: status.PERMISSION_DENIED },
  [STANDING_REFUSALS.enrolmentRequired]: { code: status.PERMISSION_DENIED },
  [DOOR_REFUSALS.accessDenied]: { code: status.PERMISSION_DENIED, exception: 'access-denied' },
  [DOOR_REFUSALS.invalidArgument]: { code: status.INVALID_ARGUMENT },
  [DOOR_REFUSALS.unsupported]: { code: status.UNIMPLEMENTED },
  [DOOR_REFUSALS.streamDeleted]: {
    code: status.FAILED_PRECONDITION,
    exception: 'stream-deleted',
    trailers: OF_STREAM,
  },
  'version-conflict': {
    code: status.FAILED_PRECONDITION,
    exception: 'wrong-expected-version',
    trailers: {
      'stream-name': 'stream',
      'expected-version': 'expected',
      'actual-version': 'actual',
    },
  },
  'append-refused': { code: status.INVALID_ARGUMENT },
  [DOOR_REFUSALS.appendTooLarge]: {
    code: status.INVALID_ARGUMENT,
    exception: 'maximum-append-size-exceeded',
    trailers: { 'maximum-append-size': 'limit' },
  },
  'log-unavailable': { code: status.UNAVAILABLE },
  [DOOR_REFUSALS.timeout]: { code: status.DEADLINE_EXCEEDED },
  [DOOR_REFUSALS.tooMuch]: { code: status.RESOURCE_EXHAUSTED },
  [HOST_REFUSALS.busy]: { code: status.UNAVAILABLE },
  [HOST_REFUSALS.stopping]: { code: status.UNAVAILABLE },
  [DOOR_REFUSALS.userNotFound]: {
    code: status.NOT_FOUND,
    exception: 'user-not-found',
    trailers: { 'login-name': 'login' },
  },
  [DOOR_REFUSALS.groupExists]: {
    code: status.ALREADY_EXISTS,
    exception: 'persistent-subscription-exists',
    trailers: OF_GROUP,
  },
  [DOOR_REFUSALS.groupUnknown]: {
    code: status.NOT_FOUND,
    exception: 'persistent-subscription-does-not-exist',
    trailers: OF_GROUP,
  },
  [DOOR_REFUSALS.groupFailed]: {
    code: status.INTERNAL,
    exception: 'persistent-subscription-failed',
    trailers: { ...OF_GROUP, reason: 'reason' },
  },
  [DOOR_REFUSALS.groupFull]: {
    code: status.FAILED_PRECONDITION,
    exception: 'maximum-subscribers-reached',
    trailers: OF_GROUP,
  },
  [DOOR_REFUSALS.dropped]: {
    code: status.CANCELLED,
    exception: 'persistent-subscription-dropped',
    trailers: OF_GROUP,
  },
}

export type DoorError = Pick<ServiceError, 'code' | 'details' | 'metadata'>

/** The status of what went wrong; undefined when it is no expected refusal. */
export function replyTo(cause: unknown): DoorError | undefined {
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'string') return
  const reply = REPLIES[cause.code]
  if (!reply) return cause instanceof Refusal ? plain(status.UNKNOWN, cause.message) : undefined
  const metadata = new Metadata()
  if (reply.exception !== undefined) metadata.set('exception', reply.exception)
  const fields = fieldsOf(cause)
  for (const [name, field] of Object.entries(reply.trailers ?? {})) {
    const value = fields[field]
    if (typeof value === 'string') metadata.set(name, headerText(value))
    else if (typeof value === 'number') metadata.set(name, String(value))
  }
  return { code: reply.code, details: cause.message, metadata }
}

/** For what nobody expected: the log of this server says more. */
export function internalError(): DoorError {
  return plain(status.INTERNAL, 'Something went wrong.')
}

function plain(code: status, details: string): DoorError {
  return { code, details, metadata: new Metadata() }
}

function fieldsOf(cause: Error): Readonly<Record<string, unknown>> {
  if (cause instanceof Refusal) return cause.fields
  if (cause instanceof StreamEnded) return { stream: cause.stream }
  if (!(cause instanceof VersionConflict)) return {}
  const { stream, expected, actual } = cause
  return {
    stream,
    expected: expectedNumber(expected),
    ...(actual !== NO_VERSION && { actual }),
  }
}

const EXPECTED = { 'no-stream': -1, any: -2, exists: -4 } as const

/** An expected version as the one number that EventStoreDB has for it. */
export function expectedNumber(expected: ExpectedVersion): number {
  return typeof expected === 'number' ? expected : EXPECTED[expected]
}

/** HTTP/2 takes printable ASCII; anything else goes percent-encoded. */
function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text)
}
