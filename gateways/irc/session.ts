import type { Socket } from 'node:net'

import type { RoomFact } from '#events/room.facts.ts'
import { createTokenBucket, type TokenBucket } from '#gateways/kernel/token-bucket.ts'

import { Client } from '#gateways/irc/client.ts'
import { decodeMessage, encodeMessage, type IrcMessage } from '#gateways/irc/codec.ts'
import { COMMANDS } from '#gateways/irc/commands.ts'
import { dispatch } from '#gateways/irc/dispatch.ts'
import type { House } from '#gateways/irc/house.ts'
import { createLineReader, type ReadLine } from '#gateways/irc/line-reader.ts'
import type { DisconnectCause, IrcMetrics } from '#gateways/irc/metrics.ts'
import type { Rendered } from '#gateways/irc/render.ts'
import { type Line, replies } from '#gateways/irc/replies.ts'
import { createSendQueue, type SendQueue } from '#gateways/irc/send-queue.ts'
import type { Listener } from '#gateways/irc/sessions.ts'
import { type Connection, openConnection } from '#gateways/kernel/connection.ts'

/** What came in while a joining is under way: it takes milliseconds. */
const BACKLOG_FACTS = 1_000
/** A client that has been told to go has so long to take its last words. */
const LINGER_MS = 2_000

export interface SessionOptions {
  readonly house: House
  readonly metrics: IrcMetrics
  readonly loggedIn: (session: Session) => void
  /** Called once, when the socket is gone and the closing recorded, if it could be. */
  readonly ended: (session: Session) => void
}

/** One client's connection: its lines are handled one at a time, in order. */
export class Session implements Listener {
  readonly address: string
  readonly #socket: Socket
  readonly #options: SessionOptions
  readonly #house: House
  readonly #sendQueue: SendQueue
  readonly #reader = createLineReader()
  readonly #bucket: TokenBucket
  readonly #queue: ReadLine[] = []
  #client: Client | undefined
  #work: Promise<void>
  #isWorking = true
  #isClosing = false
  #hasBeenExpelled = false
  #heardAt: number
  #cancelPing = () => {}
  /** Ends a wait for the token bucket early. */
  #wake = () => {}

  constructor(socket: Socket, options: SessionOptions) {
    const { house } = options
    const { limits } = house.settings
    this.#socket = socket
    this.#options = options
    this.#house = house
    this.address = socket.remoteAddress ?? 'unknown'
    this.#bucket = createTokenBucket(house.deps.clock, limits.commands)
    this.#sendQueue = createSendQueue(socket, limits.sendQueueBytes, () =>
      this.#close('SendQ exceeded', 'send-queue'),
    )
    this.#heardAt = house.deps.clock.now()
    socket.on('data', (bytes) => this.#receive(bytes))
    socket.on('error', (error) => this.#close(`Connection error: ${error.message}`, 'error'))
    socket.on('close', () => this.#close('Connection closed', 'client'))
    this.#work = this.#open()
    this.#watchSilence()
  }

  get client(): Client {
    if (!this.#client) throw new Error('the connection is not open yet')
    return this.#client
  }

  get isRegistered(): boolean {
    return this.#client?.member !== undefined
  }

  deliver(room: string, fact: RoomFact, rendered: Rendered): void {
    const { rooms, connection, capabilities } = this.client
    const presence = rooms.get(room)
    if (!presence || fact.version <= presence.since) return
    if (presence.phase === 'joining') {
      presence.backlog.push(fact)
      if (presence.backlog.length > BACKLOG_FACTS) presence.backlog.shift()
      return
    }
    presence.since = fact.version
    const isMembership = fact.type === 'room.joined' || fact.type === 'room.left'
    if (isMembership && fact.version <= presence.namesAt) return
    if (fact.meta.connection === connection.id) {
      // Its own coming and going is answered by the command; its words only if it asked for them.
      if (isMembership) return
      if (fact.type === 'room.message-posted' && !capabilities.has('echo-message')) return
    }
    this.#sendQueue.push(rendered.linesFor(capabilities))
  }

  expelled(reason: string): void {
    this.#hasBeenExpelled = true
    this.#close(reason, 'rules')
  }

  evict(): void {
    this.#close('Too many connections that have not logged in', 'evicted')
  }

  /** Says goodbye; resolves through `ended`. */
  stop(): void {
    this.#close('Server is stopping', 'stopping')
  }

  destroy(): void {
    this.#socket.destroy()
  }

  async #open(): Promise<void> {
    const { deps } = this.#house
    const { remotePort: port = 0 } = this.#socket
    const origin = { gateway: 'irc', address: this.address, port } as const
    try {
      const connection = await openConnection(deps, 'irc')
      const pause = (ms: number) => this.#pause(ms)
      this.#client = new Client(connection, origin, deps.clock.now(), pause)
      this.#house.sessions.add(this)
    } catch (error) {
      this.#close(error instanceof Error ? error.message : 'Unavailable', 'error')
    }
    this.#isWorking = false
    this.#startWork()
  }

  #receive(bytes: Buffer): void {
    if (this.#isClosing) return
    this.#heardAt = this.#house.deps.clock.now()
    for (const line of this.#reader.push(bytes)) {
      if (this.#queue.length >= this.#house.settings.limits.queuedLines) {
        return this.#close('Excess Flood', 'flood')
      }
      this.#queue.push(line)
    }
    this.#startWork()
  }

  #startWork(): void {
    if (this.#isWorking || this.#isClosing || this.#queue.length === 0) return
    this.#isWorking = true
    this.#work = this.#handleQueue().finally(() => (this.#isWorking = false))
  }

  async #handleQueue(): Promise<void> {
    for (let line = this.#queue[0]; line && !this.#isClosing; line = this.#queue[0]) {
      const message = line.kind === 'line' ? decodeMessage(line.text) : undefined
      const cost = (message && COMMANDS.get(message.command)?.cost) ?? 1
      for (let wait = this.#bucket.take(cost); wait > 0; wait = this.#bucket.take(cost)) {
        await this.#pause(wait)
        if (this.#isClosing) return
      }
      this.#queue.shift()
      if (message) await this.#handle(message)
      else this.#send(problemOf(line))
    }
  }

  async #handle(message: IrcMessage): Promise<void> {
    const { client } = this
    const { metrics, loggedIn } = this.#options
    const wasRegistered = this.isRegistered
    metrics.received(COMMANDS.has(message.command) ? message.command : 'unknown')
    try {
      const { lines, after, close } = await dispatch(message, client, this.#house)
      if (!wasRegistered && this.isRegistered) loggedIn(this)
      this.#send(lines)
      after?.()
      if (close !== undefined) this.#close(close, message.command === 'QUIT' ? 'client' : 'login')
    } catch (error) {
      this.#house.deps.logger.error({ err: error, verb: message.command }, 'an IRC command failed')
      this.#close('Internal error', 'error')
    }
  }

  #send(lines: readonly Line[]): void {
    const { serverName } = this.#house.settings
    const nick = this.#client?.nick ?? '*'
    let text = ''
    for (const line of lines) {
      const message: IrcMessage =
        'code' in line
          ? { source: serverName, command: line.code, params: [nick, ...line.params] }
          : line
      text += `${encodeMessage(this.#client?.capabilities.filter(message) ?? message)}\r\n`
    }
    this.#sendQueue.push(text)
  }

  #pause(ms: number): Promise<void> {
    if (this.#isClosing) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#house.deps.clock.after(ms, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Asks a silent client once, then lets it go. */
  #watchSilence(): void {
    const { deps, settings } = this.#house
    const { pingAfterMs, pingTimeoutMs } = settings.limits
    const silentMs = deps.clock.now() - this.#heardAt
    if (silentMs >= pingAfterMs + pingTimeoutMs) {
      return this.#close(`Ping timeout: ${Math.round(silentMs / 1000)} seconds`, 'ping-timeout')
    }
    const isAsked = silentMs >= pingAfterMs
    if (isAsked) this.#send([{ command: 'PING', params: [settings.serverName] }])
    const dueMs = isAsked ? pingAfterMs + pingTimeoutMs - silentMs : pingAfterMs - silentMs
    this.#cancelPing = deps.clock.after(dueMs, () => this.#watchSilence())
  }

  #close(reason: string, cause: DisconnectCause): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#queue.length = 0
    this.#cancelPing()
    this.#wake()
    this.#options.metrics.disconnected(cause)
    if (cause === 'send-queue') this.#socket.destroy()
    else {
      const words = `Closing link: ${this.address} (${reason})`
      this.#sendQueue.finish(`${encodeMessage({ command: 'ERROR', params: [words] })}\r\n`)
      this.#house.deps.clock.after(LINGER_MS, () => this.#socket.destroy())
    }
    const gone = new Promise<void>((resolve) => {
      if (this.#socket.closed) resolve()
      else this.#socket.once('close', () => resolve())
    })
    void Promise.all([this.#record(reason), gone]).finally(() => this.#options.ended(this))
  }

  /** Leaves the rooms and records the closing, after the command that was being handled. */
  async #record(reason: string): Promise<void> {
    await this.#work
    const client = this.#client
    if (!client) return
    const { deps, sessions } = this.#house
    sessions.remove(this)
    try {
      for (const id of client.rooms.keys()) {
        await client.connection.leaveRoom(id, reason)
      }
      if (!this.#hasBeenExpelled) await recordClosed(client.connection, this.#socket, reason)
    } catch (error) {
      deps.logger.warn(
        { err: error, connection: client.connection.id },
        'a closing is not recorded',
      )
    }
  }
}

function recordClosed(connection: Connection, socket: Socket, reason: string): Promise<void> {
  return connection.closed(reason.slice(0, 200), socket.bytesRead, socket.bytesWritten)
}

function problemOf(line: ReadLine): readonly Line[] {
  if (line.kind === 'too-long') return [replies.tooLong()]
  if (line.kind === 'line') return []
  const words = 'Message rejected: it is not UTF-8'
  return [{ command: 'FAIL', params: [line.command, 'INVALID_UTF8', words] }]
}
