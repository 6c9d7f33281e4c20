export interface EventStoreOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /**
   * PEM. Without it the door speaks cleartext HTTP/2. EventStoreDB's clients leave credentials out
   * of cleartext by themselves; a caller that wants in all the same puts `authorization: Basic …`
   * into each call's metadata. Nobody is let in without credentials, over either.
   */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Whether siteops, and whom a stream's `$acl` names, may append, delete and set metadata. */
  readonly allowsWrites: boolean
  readonly limits?: Partial<EventStoreLimits>
}

export interface EventStoreLimits {
  readonly connections: number
  readonly connectionsPerAddress: number
  /** Connections on which nobody has shown who they are. */
  readonly unregistered: number
  /** How long such a connection may stay. */
  readonly loginTimeoutMs: number
  readonly callsPerConnection: number
  readonly subscriptionsPerConnection: number
  /** Events of one append: types, data and metadata together. */
  readonly appendBytes: number
  /** Of appends of one connection that are not recorded yet. */
  readonly heldBytesPerConnection: number
  /** Appends of one BatchAppend call that are being recorded. */
  readonly batchesInFlight: number
  /** Persistent subscription groups in all. */
  readonly groups: number
}

export const DEFAULT_LIMITS: EventStoreLimits = {
  connections: 1_000,
  connectionsPerAddress: 200,
  unregistered: 100,
  loginTimeoutMs: 60_000,
  callsPerConnection: 500,
  subscriptionsPerConnection: 100,
  // EventStoreDB's own default.
  appendBytes: 1024 * 1024,
  heldBytesPerConnection: 32 * 1024 * 1024,
  batchesInFlight: 256,
  groups: 500,
}

/** Of one gRPC message: clients cut batches at 3 MiB, and are to be told what the limit is. */
export const MESSAGE_BYTES = 4 * 1024 * 1024
