import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

import type { ActorHost } from '#actors/kernel/host.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { SectionContext } from '#actors/section/section.commands.ts'
import type { SiteFiles } from '#events/site-files.ts'
import type { FtpOptions } from '#gateways/ftp/options.ts'
import { createFtpGateway } from '#gateways/ftp/server.ts'
import type { CreditRules } from '#gateways/site/credit-rules.ts'
import { createSite } from '#gateways/site/site.ts'
import { createDiskSiteFiles } from '#infra/files/disk-site-files.ts'
import { loadCertificate } from '#infra/tls/certificate.ts'
import type { OpenConnection, RaceDetail, ReadModels } from '#projections/read-models.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

export interface FtpFixtureOptions extends Partial<FtpOptions> {
  readonly system?: TestSystem
  readonly dataDir?: string
  readonly wrapFiles?: (files: SiteFiles) => SiteFiles
  readonly durability?: 'fsync' | 'none'
  /** Default: answers taken from the actors themselves. */
  readonly readModels?: ReadModels
  /** Default: downloads cost nothing. */
  readonly credits?: CreditRules
}

/** A live FTP gateway on the real host, files in a folder of its own. */
export async function startFtp(options: FtpFixtureOptions = {}) {
  const system = options.system ?? (await createTestSystem())
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'veza-ftp-')))
  const { wrapFiles = (files) => files, durability = 'none' } = options
  const files = wrapFiles(await createDiskSiteFiles({ dataDir, durability }))
  const readModels = options.readModels ?? readModelsOfState(system)
  const site = createSite(
    { ...system, files, readModels },
    {
      sections: ['incoming'],
      ...(options.credits && { credits: options.credits }),
    },
  )
  await site.settle()
  const tls = await loadCertificate({ dataDir, now: system.clock.now() })
  const gateway = createFtpGateway(
    { ...system, readModels, site, tls },
    { host: '127.0.0.1', port: 0, ...options },
  )
  const { port, tlsPort } = await gateway.start()
  return {
    system,
    dataDir,
    files,
    site,
    gateway,
    port,
    tlsPort,
    sitePath: (...parts: string[]) => join(dataDir, 'site', ...parts),
    stagingPath: (...parts: string[]) => join(dataDir, 'staging', ...parts),
    connect: () => openClient(port),
    async login(name = 'ana') {
      const client = await openClient(port)
      await client.expect('220')
      await client.say(`USER ${name}`, '331')
      await client.say('PASS password', '230')
      await client.say('TYPE I', '200')
      return client
    },
    /** Over TLS, with protected data connections. */
    async loginSecured(name = 'ana') {
      const client = await openClient(port)
      await client.expect('220')
      await client.secure()
      await client.say(`USER ${name}`, '331')
      await client.say('PASS password', '230')
      await client.say('PBSZ 0', '200')
      await client.say('PROT P', '200')
      return client
    },
    async stop() {
      await gateway.stop(0)
      if (!options.system) await system.stop()
      if (!options.dataDir) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export type FtpFixture = Awaited<ReturnType<typeof startFtp>>

export interface ClientOptions {
  readonly host?: string
  /** Where it comes from: any of 127.0.0.0/8 will do. */
  readonly localAddress?: string
  /** TLS comes first. */
  readonly isImplicit?: boolean
}

/** A raw client: says lines, reads whole replies. */
export async function openClient(port: number, options: ClientOptions = {}) {
  const { isImplicit = false, host = '127.0.0.1', ...rest } = options
  const to = { port, host, ...rest }
  let socket: Socket = isImplicit
    ? connectTls({ ...to, rejectUnauthorized: false } as ConnectionOptions)
    : connect(to)
  const replies: string[] = []
  const waiting: ((reply: string | undefined) => void)[] = []
  let text = ''
  let isClosed = false
  const onData = (chunk: Buffer): void => {
    text += chunk.toString('utf8')
    for (let reply = takeReply(); reply !== undefined; reply = takeReply()) {
      const next = waiting.shift()
      if (next) next(reply)
      else replies.push(reply)
    }
  }
  const takeReply = (): string | undefined => {
    const match = /^(?:(\d{3}) [^\n]*\n|(\d{3})-[\s\S]*?\n\2 [^\n]*\n)/.exec(text)
    if (!match) return undefined
    text = text.slice(match[0].length)
    return match[0].replaceAll('\r\n', '\n').trimEnd()
  }
  const onClose = (): void => {
    isClosed = true
    for (const next of waiting.splice(0)) next(undefined)
  }
  socket.on('data', onData)
  socket.on('error', () => {})
  socket.on('close', onClose)

  const client = {
    get isClosed() {
      return isClosed
    },
    get socket() {
      return socket
    },
    read(): Promise<string | undefined> {
      if (replies.length > 0) return Promise.resolve(replies.shift())
      if (isClosed) return Promise.resolve(undefined)
      return new Promise((resolve) => waiting.push(resolve))
    },
    async expect(start: string): Promise<string> {
      const reply = await client.read()
      if (!reply?.startsWith(start)) throw new Error(`expected ${start}, got ${reply}`)
      return reply
    },
    write: (bytes: Buffer | string) => void socket.write(bytes),
    async say(line: string, start = ''): Promise<string> {
      socket.write(`${line}\r\n`)
      return await client.expect(start)
    },
    async secure(name = 'TLS'): Promise<void> {
      await client.say(`AUTH ${name}`, '234')
      socket.off('data', onData)
      const plain = socket
      socket = connectTls({ socket: plain, rejectUnauthorized: false })
      socket.on('data', onData)
      socket.on('error', () => {})
      await new Promise((resolve) => socket.once('secureConnect', resolve))
    },
    async passive(): Promise<Socket> {
      const reply = await client.say('EPSV', '229')
      const dataPort = Number(/\|\|\|(\d+)\|/.exec(reply)![1])
      const data = connect({ port: dataPort, host, ...rest })
      data.on('error', () => {})
      await new Promise((resolve, reject) => {
        data.once('connect', resolve)
        data.once('error', reject)
      })
      return data
    },
    /** The last reply of an upload. */
    async store(path: string, content: Buffer | string, verb = 'STOR'): Promise<string> {
      const data = await client.passive()
      const first = await client.say(`${verb} ${path}`)
      if (!first.startsWith('150')) {
        data.destroy()
        return first
      }
      data.end(content)
      return (await client.read()) ?? 'closed'
    },
    async retrieve(command: string): Promise<{ content: Buffer; reply: string }> {
      const data = await client.passive()
      const chunks: Buffer[] = []
      data.on('data', (chunk: Buffer) => chunks.push(chunk))
      const ended = new Promise((resolve) => data.once('close', resolve))
      const first = await client.say(command)
      if (!first.startsWith('150')) {
        data.destroy()
        return { content: Buffer.alloc(0), reply: first }
      }
      await ended
      return { content: Buffer.concat(chunks), reply: (await client.read()) ?? 'closed' }
    },
    /** The names and rows of a listing. */
    async list(command = 'LIST'): Promise<string[]> {
      const { content } = await client.retrieve(command)
      return content.toString('utf8').split('\r\n').filter(Boolean)
    },
    close(): Promise<void> {
      const closed = new Promise<void>((resolve) => {
        if (isClosed) resolve()
        else socket.once('close', () => resolve())
      })
      socket.destroy()
      return closed
    },
  }
  return client
}

export type FtpClient = Awaited<ReturnType<typeof openClient>>

/** Sends all and waits until the server has seen its end. */
export async function sendAll(data: Socket, content: string | Buffer): Promise<void> {
  const ended = new Promise((resolve) => data.once('end', resolve))
  data.resume()
  data.end(content)
  await ended
}

/** The answers that projections would give, taken from the actors themselves. */
function readModelsOfState({ host, log }: TestSystem): ReadModels {
  const detail = (id: string) => raceDetail(host, id)
  const none = { items: [], nextCursor: null, position: 0 }
  return {
    reached: async () => true,
    races: async () => none,
    race: detail,
    async racesByName(section, releases) {
      const state = await host.state<SectionContext>({ kind: 'section', id: section })
      const known = releases
        .map((name) => state.context.releases[name])
        .filter((id) => id !== undefined)
      return (await Promise.all(known.map(detail))).filter((race) => race !== undefined)
    },
    member: async () => undefined,
    async connections() {
      const open = new Map<string, OpenConnection>()
      for await (const { type, stream, data, meta } of log.readAll({ kinds: ['connection'] })) {
        if (type === 'connection.closed') open.delete(stream)
        if (type === 'connection.opened') {
          open.set(stream, {
            id: stream.slice('connection-'.length),
            gateway: 'ftp',
            remote: null,
            method: null,
            node: 'test',
            secured: false,
            member: null,
            group: null,
            openedAt: meta.at,
            upload: null,
          })
        }
        const { account: member, group } = data as { account: string; group: string }
        const before = open.get(stream)
        if (type === 'connection.authenticated' && before)
          open.set(stream, { ...before, member, group })
      }
      return [...open.values()]
    },
    audit: async () => none,
    ...NOT_ASKED,
  }
}

/** What FTP never asks for. */
const NOT_ASKED = Object.fromEntries(
  [
    'accounts',
    'account',
    'lastSeen',
    'traffic',
    'topMembers',
    'topGroups',
    'groups',
    'group',
    'ledger',
    'balances',
    'lockouts',
    'sessions',
    'tokens',
  ].map((query) => [query, () => Promise.reject(new Error(`FTP asks for ${query}`))]),
) as unknown as Pick<
  ReadModels,
  | 'accounts'
  | 'account'
  | 'lastSeen'
  | 'traffic'
  | 'topMembers'
  | 'topGroups'
  | 'groups'
  | 'group'
  | 'ledger'
  | 'balances'
  | 'lockouts'
  | 'sessions'
  | 'tokens'
>

async function raceDetail(host: ActorHost, id: string): Promise<RaceDetail | undefined> {
  const { value, version, context } = await host.state<RaceContext>({ kind: 'race', id })
  if (version < 0) return undefined
  const { section, release, files, expected } = context
  const listed = Object.keys(expected).filter((path) => !files[path])
  return {
    id,
    section,
    release,
    state: value as RaceDetail['state'],
    expectedFiles: context.expectedCount,
    filesDone: context.doneCount,
    badFiles: Object.values(files).filter((file) => file.isBad).length,
    sizeBytes: context.sizeBytes,
    racers: Object.keys(context.racers).length,
    leader: context.leader,
    createdAt: 0,
    startedAt: null,
    completedAt: null,
    position: 0,
    standings: [],
    files: [
      ...listed.map((file) => ({ file, state: 'missing' as const })),
      ...Object.keys(files).map((file) => ({
        file,
        state: files[file]!.isBad ? ('bad' as const) : ('ok' as const),
      })),
    ].map((each) => ({
      ...each,
      member: null,
      sizeBytes: 0,
      crc32: null,
      expectedCrc32: null,
      acceptedAt: null,
    })),
  }
}
