/**
 * An expected "no" to a command: a stable code, words for a person, and fields for a machine.
 * A gateway turns the code into its protocol's reply in one place.
 */
export class Refusal<C extends string = string> extends Error {
  readonly code: C
  readonly fields: Readonly<Record<string, unknown>>

  constructor(code: C, message: string, fields: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.fields = fields
  }
}

/** Refusals that any command can meet, whatever the actor. */
export const HOST_REFUSALS = {
  busy: 'busy',
  logUnavailable: 'log-unavailable',
  stopping: 'stopping',
  unknownKind: 'unknown-kind',
  invalidCommand: 'invalid-command',
  faulty: 'actor-faulty',
  /** In a cluster: no process runs the actor now. */
  noHolder: 'no-holder',
} as const
