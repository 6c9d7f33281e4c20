/** A value kept under a key, with the revision of the bucket at which it was written. */
export interface KeyValueEntry {
  readonly key: string
  readonly value: string
  /** Rises with every write to the bucket: the one who wrote later has the higher one. */
  readonly revision: number
}

/** A key that has come, changed or (without a value) gone. */
export interface KeyValueChange {
  readonly key: string
  readonly value: string | undefined
  readonly revision: number
}

/**
 * A small shared bucket: leases, presence, rate limits. Writes are compare-and-set by revision.
 * It is not the truth: what it holds may be lost together with the server that keeps it.
 *
 * Keys are letters, digits, `-`, `_`, `=`, `.` and `/`, 200 characters at most; values 64 KiB.
 * Errors: `KeyValueConflict` when the key is not at the revision named; `KeyValueUnavailable`;
 * `KeyValueRefused`.
 */
export interface KeyValue {
  get(key: string): Promise<KeyValueEntry | undefined>
  /** Every key with its value. */
  entries(): Promise<KeyValueEntry[]>
  /** Writes whatever is there. Answers the new revision, as the other writes do. */
  put(key: string, value: string): Promise<number>
  /** Writes if the key is not there. */
  create(key: string, value: string): Promise<number>
  /** Writes if the key is at this revision. */
  update(key: string, value: string, revision: number): Promise<number>
  /** Removes if the key is at this revision; whatever it is at, without one. */
  remove(key: string, revision?: number): Promise<void>
  /** Tells every key there is, then each change in order, until stopped. */
  watch(changed: (change: KeyValueChange) => void): Promise<{ stop(): Promise<void> }>
  close(): Promise<void>
}

/** Another writer was first. */
export class KeyValueConflict extends Error {
  readonly code = 'key-value-conflict'
}

/** The bucket cannot be reached now; whether a write was done is unknown. */
export class KeyValueUnavailable extends Error {
  readonly code = 'key-value-unavailable'

  constructor(reason: string, cause?: unknown) {
    super(reason, { cause })
  }
}

/** The key or the value is not one that a bucket takes. */
export class KeyValueRefused extends Error {
  readonly code = 'key-value-refused'
}

export const KEY_VALUE_LIMITS = { keyLength: 200, valueBytes: 64 * 1024 } as const

/** Throws `KeyValueRefused` for a key or a value that no bucket takes. */
export function assertStorable(key: string, value = ''): void {
  // Dots part the key: none at its ends, and no two together.
  if (!/^[\w/=-]+(\.[\w/=-]+)*$/.test(key) || key.length > KEY_VALUE_LIMITS.keyLength) {
    throw new KeyValueRefused(`${JSON.stringify(key.slice(0, 250))} is no key`)
  }
  if (new TextEncoder().encode(value).length > KEY_VALUE_LIMITS.valueBytes) {
    throw new KeyValueRefused(`a value has ${KEY_VALUE_LIMITS.valueBytes} bytes at most`)
  }
}
