import { connect, type ConnectionOptions, Events, type NatsConnection } from 'nats'

import type { Clock } from '#events/clock.ts'

import { NatsTrouble, natsTrouble } from '#infra/nats/nats-trouble.ts'

export interface NatsOptions {
  /** `nats://host:4222`, or `tls://…`; several with commas between. A token or `user:password@`. */
  readonly url: string
  readonly token?: string
  /** How the connection is called in the server's own lists. */
  readonly name: string
  readonly clock: Clock
  /** Told of each loss of the connection, and of what the server complains about. */
  readonly report: (cause: unknown) => void
  /** The certificates to trust, PEM. Default: those that Node trusts. */
  readonly ca?: string
  /** How long a request to the server may take. Default 2,000. */
  readonly requestTimeoutMs?: number
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number
}

/** A connection to NATS that comes back by itself, and what is known of its server. */
export interface Nats {
  readonly connection: NatsConnection
  readonly clock: Clock
  readonly report: (cause: unknown) => void
  readonly requestTimeoutMs: number
  /** Of the server connected to now: another one may stand behind the address later. */
  serverVersion(): string
  /** Bytes of a message, headers included, that this server takes. */
  maxPayload(): number
  /** Whether that server is of this version or a later one. */
  isAtLeast(version: string): boolean
  isConnected(): boolean
  /** A delay between the half and the whole of what is given. */
  jitter(delayMs: number): number
  /** Calls back each time the connection has been made again; the answer ends that. */
  onReconnect(reconnected: () => void): () => void
  /** Lets what is on its way out arrive, then closes. */
  close(): Promise<void>
}

/** JetStream's pull consumers without acknowledgements, and named ephemeral consumers. */
const OLDEST_VERSION = '2.9.4'
const RECONNECT_MS = 1_000
const CONNECT_TIMEOUT_MS = 5_000
/** A server that is silent for three pings is taken for dead. */
const PING_MS = 5_000
const DRAIN_MS = 2_000

/**
 * Connects, and reconnects for ever after. The first connection must succeed.
 *
 * Errors: `NatsTrouble`: `nats-unreachable`, `nats-unauthorized`, `nats-too-old`.
 */
export async function connectNats(options: NatsOptions): Promise<Nats> {
  const { clock, report, random = Math.random } = options
  const jitter = (delayMs: number) => (delayMs * (1 + random())) / 2
  const connection = await connect({
    ...addressOf(options),
    name: options.name,
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    // A token may be changed on the server first and here later.
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => jitter(RECONNECT_MS),
    pingInterval: PING_MS,
    noAsyncTraces: true,
  }).catch((cause: unknown) => {
    throw natsTrouble(`NATS at ${withoutSecrets(options.url)} cannot be used`, cause)
  })
  let isConnected = true
  const listeners = new Set<() => void>()
  void followStatus()

  async function followStatus(): Promise<void> {
    for await (const { type, data } of connection.status()) {
      if (type === Events.Disconnect) {
        if (isConnected) report(new NatsTrouble('nats-unreachable', 'NATS is out of reach'))
        isConnected = false
      } else if (type === Events.Reconnect) {
        isConnected = true
        for (const listener of listeners) listener()
      } else if (type === Events.Error) {
        report(new NatsTrouble('nats-refused', `NATS complains: ${JSON.stringify(data)}`))
      }
    }
  }

  // Between two connections the client knows nothing of the server: the last one counts.
  let known = connection.info
  const info = () => (known = connection.info ?? known)
  const serverVersion = () => info()?.version ?? '0.0.0'
  const nats: Nats = {
    connection,
    clock,
    report,
    requestTimeoutMs: options.requestTimeoutMs ?? 2_000,
    serverVersion,
    maxPayload: () => info()?.max_payload ?? 0,
    isAtLeast: (version) => compareVersions(serverVersion(), version) >= 0,
    isConnected: () => isConnected && !connection.isClosed(),
    jitter,
    onReconnect(reconnected) {
      listeners.add(reconnected)
      return () => void listeners.delete(reconnected)
    },
    async close() {
      if (connection.isClosed()) return
      // Draining waits for the server, which may be gone.
      const drained = isConnected ? connection.drain() : Promise.resolve()
      let cancel = () => {}
      const late = new Promise<void>((resolve) => (cancel = clock.after(DRAIN_MS, resolve)))
      try {
        await Promise.race([drained, late])
      } catch (cause) {
        report(natsTrouble('what was on its way out may not have arrived', cause))
      } finally {
        cancel()
        await connection.close()
      }
    },
  }
  if (!nats.isAtLeast(OLDEST_VERSION)) {
    await connection.close()
    const message = `nats-server ${serverVersion()} is too old: ${OLDEST_VERSION} is needed`
    throw new NatsTrouble('nats-too-old', message)
  }
  return nats
}

function addressOf({ url, token, ca }: NatsOptions): ConnectionOptions {
  const urls = url.split(',').map((each) => new URL(each.trim()))
  const { username, password } = urls[0]!
  const isSecure = urls.some(({ protocol }) => protocol === 'tls:')
  return {
    servers: urls.map(({ host }) => host),
    ...(token === undefined && username !== '' && credentials(username, password)),
    ...(token !== undefined && { token }),
    ...(isSecure && { tls: ca === undefined ? {} : { ca } }),
  }
}

/** A name without a password is a token, as for the server's own tools. */
function credentials(username: string, password: string): ConnectionOptions {
  const name = decodeURIComponent(username)
  return password === '' ? { token: name } : { user: name, pass: decodeURIComponent(password) }
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@,/]*@/g, '//')
}

function compareVersions(left: string, right: string): number {
  const numbers = (version: string) => version.split(/[.-]/, 3).map(Number)
  const [a, b] = [numbers(left), numbers(right)]
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
