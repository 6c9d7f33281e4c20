/**
 * `checksum`: the record's bytes have changed. `link`: it does not follow the record before it.
 * `missing`: there is none. `version`: it is not the next of its stream. `index`, `metadata`: what
 * is kept beside the log says something else. `unreadable`: the file itself is broken.
 */
export type DamageKind =
  | 'checksum'
  | 'link'
  | 'missing'
  | 'version'
  | 'index'
  | 'metadata'
  | 'unreadable'

/** What was read is not what was recorded. It is never delivered as if it were. */
export class LogDamaged extends Error {
  readonly code = 'log-damaged'
  /** Where the damage is; 0 when it is not at any one record. */
  readonly position: number
  readonly kind: DamageKind

  constructor(position: number, kind: DamageKind, what: string, cause?: unknown) {
    super(`the log is damaged at position ${position}: ${what}`, { cause })
    this.position = position
    this.kind = kind
  }
}
