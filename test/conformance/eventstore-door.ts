import { EventStoreDBClient } from '@eventstore/db-client'
import { credentials as channels, Metadata } from '@grpc/grpc-js'
import { Registry } from 'prom-client'
import { generate } from 'selfsigned'

import type { EventLog } from '#events/event-log.ts'
import type { EventStoreOptions } from '#gateways/eventstoredb/options.ts'
import { createEventStoreGateway } from '#gateways/eventstoredb/server.ts'
import type { ManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface DoorOptions extends Partial<Omit<EventStoreOptions, 'tls'>> {
  readonly system?: TestSystem
  readonly log?: EventLog
  readonly clock?: ManualClock
  readonly tls?: boolean
}

export interface TestDoor {
  readonly system: TestSystem
  readonly port: number
  /** The certificate, in PEM, of a door with TLS. */
  readonly certificate: string | undefined
  /** A client that shows who it is with every call, also over cleartext. */
  client(who?: Credentials): EventStoreDBClient
  /** Stops the server; clients see it go. */
  stopServer(): Promise<void>
  stop(): Promise<void>
}

export const SITEOP: Credentials = { username: 'root', password: 'password' }
export const AUDITOR: Credentials = { username: 'aud', password: 'password' }
export const MEMBER: Credentials = { username: 'alice', password: 'password' }

/**
 * A door on a log in memory. Members: `root` is a siteop, `aud` an auditor, `alice` (group
 * FRIENDS) and `bob` are neither. Writing is allowed unless the options say otherwise.
 */
export async function startDoor(options: DoorOptions = {}): Promise<TestDoor> {
  const { system: given, log, clock, tls, ...rest } = options
  const system = given ?? (await createTestSystem({ ...(log && { log }), ...(clock && { clock }) }))
  if (!given) {
    await system.addMember({ name: 'root', flags: '13' })
    await system.addMember({ name: 'aud', group: 'AUDITORS' })
    await system.addMember({ name: 'alice', group: 'FRIENDS' })
    await system.addMember({ name: 'bob' })
  }
  const pair = tls ? await makeCertificate() : undefined
  // A system that is given may have had a door, and metrics are registered once.
  const deps = given ? { ...system, registry: new Registry() } : system
  const gateway = createEventStoreGateway(deps, {
    host: '127.0.0.1',
    port: 0,
    allowsWrites: true,
    ...rest,
    ...(pair && { tls: pair }),
  })
  const { port } = await gateway.start()
  const clients: EventStoreDBClient[] = []
  return {
    system,
    port,
    certificate: pair?.cert,
    client(who = SITEOP) {
      const client = connect(port, who, pair?.cert)
      clients.push(client)
      return client
    },
    stopServer: () => gateway.stop(2_000),
    async stop() {
      await Promise.all(clients.map((client) => client.dispose()))
      await gateway.stop(2_000)
      if (!given) await system.stop()
    },
  }
}

/**
 * EventStoreDB's own client. Over cleartext it leaves credentials out by itself; they are put into
 * the metadata of each call then.
 */
export function connect(port: number, who: Credentials, certificate?: string): EventStoreDBClient {
  const client = new EventStoreDBClient(
    { endpoint: { address: 'localhost', port } },
    certificate === undefined
      ? { insecure: true }
      : { insecure: false, rootCertificate: Buffer.from(certificate) },
    who,
  )
  return certificate === undefined ? withCredentials(client, who) : client
}

type CallArguments = (options: object, more?: object) => [Metadata, object]

function withCredentials(client: EventStoreDBClient, who: Credentials): EventStoreDBClient {
  const inner = client as unknown as { callArguments: CallArguments }
  const original = inner.callArguments
  inner.callArguments = (options, more) => {
    const { credentials = who } = options as { readonly credentials?: Credentials }
    const [metadata, callOptions] = original(options, more)
    metadata.set('authorization', basic(credentials))
    return [metadata, callOptions]
  }
  return client
}

export function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** A client of one service, to send what EventStoreDB's own client would not. */
export function rawClient<C>(
  Client: new (address: string, channel: ReturnType<typeof channels.createInsecure>) => C,
  { port }: Pick<TestDoor, 'port'>,
): C {
  return new Client(`127.0.0.1:${port}`, channels.createInsecure())
}

export function authorization(who: Credentials): Metadata {
  const metadata = new Metadata()
  metadata.set('authorization', basic(who))
  return metadata
}

async function makeCertificate(): Promise<{ readonly cert: string; readonly key: string }> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  })
  return { cert: made.cert, key: made.private }
}
