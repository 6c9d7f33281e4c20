import {
  AppendRefused,
  type ExpectedVersion,
  LogUnavailable,
  StreamEnded,
  VersionConflict,
} from '#events/event-log.ts'
import { NO_VERSION } from '#events/fact.ts'

/** The server does not let this user do it. Trying again helps only when its settings change. */
export class LogAccessDenied extends LogUnavailable {}

/** What a failed call means. */
export type Failure =
  | 'conflict'
  | 'ended'
  | 'refused'
  | 'denied'
  | 'not-found'
  | 'unimplemented'
  /** The server has done nothing: it is not the leader. */
  | 'elsewhere'
  /** Nobody knows whether it was done. */
  | 'unavailable'

/** The trailer `exception`, by which EventStoreDB names its errors (Constants.cs, Exceptions). */
const BY_EXCEPTION: Readonly<Record<string, Failure>> = {
  'wrong-expected-version': 'conflict',
  'stream-deleted': 'ended',
  'maximum-append-size-exceeded': 'refused',
  'invalid-transaction': 'refused',
  'missing-required-metadata-property': 'refused',
  'access-denied': 'denied',
  'stream-not-found': 'not-found',
  'not-leader': 'elsewhere',
}

/** gRPC's status codes, for errors without a name. */
const BY_CODE: Readonly<Record<number, Failure>> = {
  3: 'refused',
  5: 'not-found',
  7: 'denied',
  9: 'refused',
  11: 'refused',
  12: 'unimplemented',
  16: 'denied',
}

interface CallError {
  readonly code?: unknown
  readonly details?: unknown
  readonly metadata?: { get(key: string): readonly (string | Buffer)[] }
}

/** What went wrong, of an error that a gRPC call or the client's discovery threw. */
export function failureOf(cause: unknown): Failure {
  const name = trailer(cause, 'exception')
  if (name !== undefined && Object.hasOwn(BY_EXCEPTION, name)) return BY_EXCEPTION[name]!
  const { code } = cause as CallError
  return (typeof code === 'number' && BY_CODE[code]) || 'unavailable'
}

/** The stream's true version, as the trailers of a wrong expectation say it. */
export function actualVersion(cause: unknown): number {
  const text = trailer(cause, 'actual-version')
  return text === undefined ? NO_VERSION : Number(text)
}

function trailer(cause: unknown, key: string): string | undefined {
  const value = (cause as CallError | undefined)?.metadata?.get?.(key)?.[0]
  return value === undefined ? undefined : value.toString()
}

/** The call that failed, for the words of an error. */
export interface FailedCall {
  readonly stream?: string
  readonly expected?: ExpectedVersion
}

const PORT_ERRORS = [VersionConflict, LogUnavailable, StreamEnded, AppendRefused] as const

/** An error of the client as one of the port; those of the port pass unchanged. */
export function translated(cause: unknown, { stream = '$all', expected = 'any' }: FailedCall = {}) {
  if (PORT_ERRORS.some((each) => cause instanceof each)) return cause as Error
  const words = wordsOf(cause)
  switch (failureOf(cause)) {
    case 'conflict':
      return new VersionConflict(stream, expected, actualVersion(cause))
    case 'ended':
      return new StreamEnded(stream)
    case 'refused':
      return new AppendRefused(`EventStoreDB refuses it: ${words}`, { cause })
    case 'denied':
      return new LogAccessDenied(`EventStoreDB denies access to ${stream}: ${words}`, cause)
    case 'elsewhere':
    case 'not-found':
    case 'unimplemented':
    case 'unavailable':
      return new LogUnavailable(`EventStoreDB does not answer: ${words}`, cause)
  }
}

function wordsOf(cause: unknown): string {
  const { details } = cause as CallError
  if (typeof details === 'string' && details !== '') return details
  return cause instanceof Error ? cause.message : String(cause)
}
