import type { WebSocket } from 'uWebSockets.js'

import { Refusal } from '#events/refusal.ts'
import { TOKEN_REFUSALS } from '#events/tokens.ts'
import { type Connection, openConnection } from '#gateways/kernel/connection.ts'
import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import { LOGIN_REFUSALS, type Member, type Origin } from '#gateways/kernel/login.ts'
import { createTokenBucket, type TokenBucket } from '#gateways/kernel/token-bucket.ts'

import { decodeFrame, encodeFrame, type FrameId } from '#gateways/ws/codec.ts'
import type { WsClient } from '#gateways/ws/command.ts'
import { COMMANDS } from '#gateways/ws/commands.ts'
import { dispatch } from '#gateways/ws/dispatch.ts'
import type { LiveFeed } from '#gateways/ws/live-feed.ts'
import type { WsMetrics } from '#gateways/ws/metrics.ts'
import type { WsLimits } from '#gateways/ws/options.ts'
import { createOutbox, type Outbox } from '#gateways/ws/outbox.ts'
import { CLOSE, errorFrame, WS_REFUSALS } from '#gateways/ws/replies.ts'
import { createSeenFacts } from '#gateways/ws/seen-facts.ts'
import { Subscriptions } from '#gateways/ws/subscriptions.ts'

/** Who comes with something wrong has to come again. */
const LAST_WORDS: ReadonlySet<string> = new Set([
  LOGIN_REFUSALS.loginIncorrect,
  ...Object.values(TOKEN_REFUSALS),
])

export interface WsSessionOptions {
  readonly deps: GatewayDeps
  readonly limits: WsLimits
  readonly metrics: WsMetrics
  readonly feed: LiveFeed
  readonly address: string
  /** Who logged in with the upgrade request. */
  readonly member: Member | undefined
  /** Whose an access or API token is. Rejects with a `Refusal`. */
  readonly bearer: (token: string, origin: Origin) => Promise<Member>
  readonly opened: (session: WsSession) => void
  readonly loggedIn: (session: WsSession) => void
  /** Called once, when the closing is recorded or could not be. */
  readonly ended: (session: WsSession) => void
}

/** One socket: its frames are handled one at a time, in order. */
export class WsSession {
  readonly address: string
  readonly #socket: WebSocket<unknown>
  readonly #options: WsSessionOptions
  readonly #bucket: TokenBucket
  readonly #outbox: Outbox
  readonly #subscriptions: Subscriptions
  #connection: Connection | undefined
  #client: WsClient | undefined
  /** The handling of all frames taken so far. */
  #work: Promise<void>
  #queued = 0
  #receivedBytes = 0
  #isOpen = true
  #hasBeenExpelled = false
  #reason: string | undefined

  constructor(socket: WebSocket<unknown>, options: WsSessionOptions) {
    const { deps, limits, metrics, feed } = options
    this.#socket = socket
    this.#options = options
    this.address = options.address
    this.#bucket = createTokenBucket(deps.clock, limits.frames)
    this.#outbox = createOutbox({
      socket,
      bufferBytes: limits.bufferBytes,
      metrics,
      hasRoom: () => this.#subscriptions.resume(),
    })
    const seen = createSeenFacts({
      ...deps,
      member: () => this.#connection!.member!,
      isInRoom: (room) => this.#subscriptions.hasRoom(room),
    })
    this.#subscriptions = new Subscriptions({
      log: deps.log,
      feed,
      sees: seen.sees,
      limit: limits.subscriptions,
      push: (frame) => this.#outbox.push(frame),
      failed: (cause) => this.#fail(cause),
    })
    this.#work = this.#open()
  }

  /** Undefined until the connection's opening is recorded. */
  get connectionId(): string | undefined {
    return this.#connection?.id
  }

  get isRegistered(): boolean {
    return this.#connection?.member !== undefined
  }

  /** A text frame has come. */
  receive(text: string): void {
    const { limits } = this.#options
    this.#receivedBytes += Buffer.byteLength(text)
    if (this.#queued >= limits.queuedFrames) {
      return this.#answer(errorFrame(idIn(text), rateLimited('Wait for answers first.', 1_000)))
    }
    this.#queued++
    this.#work = this.#work.then(async () => {
      this.#queued--
      if (this.#isOpen) await this.#handle(text)
    })
  }

  /** Ends the connection with a close code and words for it. */
  end(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.#reason ??= reason
    this.#outbox.flush()
    // RFC 6455 section 5.5: a close frame's words have at most 123 bytes.
    if (this.#isOpen) this.#socket.end(code, reason.slice(0, 40))
  }

  expelled(reason: string): void {
    this.#hasBeenExpelled = true
    this.end(reason === 'login-timeout' ? CLOSE.loginTimeout : CLOSE.closedByRules, reason)
  }

  drained(): void {
    this.#outbox.flush()
  }

  /** The socket has closed; nothing may be written any more. */
  closed(code: number): void {
    this.#isOpen = false
    this.#outbox.close()
    this.#subscriptions.stop()
    this.#options.metrics.closed(code)
    this.#reason ??= code === 1006 ? 'Connection lost' : `Closed with ${code}`
    void this.#record(this.#reason).finally(() => this.#options.ended(this))
  }

  /** uWebSockets.js does not tell the client's port. */
  get #origin(): Origin {
    return { gateway: 'ws', address: this.address }
  }

  async #open(): Promise<void> {
    const { deps, member, opened, loggedIn } = this.#options
    try {
      const connection = await openConnection(deps, 'ws')
      this.#connection = connection
      this.#client = this.#clientOf(connection)
      opened(this)
      if (!member) return
      await connection.authenticated(member, this.#origin)
      loggedIn(this)
    } catch (error) {
      this.#fail(error)
    }
  }

  #clientOf(connection: Connection): WsClient {
    const { deps, loggedIn, bearer } = this.#options
    return {
      deps,
      connection,
      subscriptions: this.#subscriptions,
      viewer: async () => ({
        view: await deps.policy.viewOf(connection.member!),
        isInRoom: (room) => this.#subscriptions.hasRoom(room),
      }),
      logIn: async (shown) => {
        const member = await ('token' in shown
          ? bearer(shown.token, this.#origin)
          : deps.login.verify(shown, this.#origin))
        await connection.authenticated(member, this.#origin)
        loggedIn(this)
        return member
      },
    }
  }

  async #handle(text: string): Promise<void> {
    let id: FrameId | undefined
    try {
      const frame = decodeFrame(text)
      id = frame.id
      const command = COMMANDS.get(frame.type)
      this.#options.metrics.received(command ? frame.type : 'unknown')
      const waitMs = this.#bucket.take(command?.cost)
      if (waitMs > 0) throw rateLimited('Too many frames.', waitMs)
      const reply = await dispatch(frame, this.#client!)
      this.#answer(reply.frame)
      if (this.#isOpen) reply.after?.()
    } catch (error) {
      if (!(error instanceof Refusal)) return this.#fail(error)
      this.#answer(errorFrame(id, error))
      if (LAST_WORDS.has(error.code)) {
        this.end(CLOSE.loginIncorrect, error.code)
      }
    }
  }

  #answer(frame: Parameters<typeof encodeFrame>[0]): void {
    this.#outbox.push(encodeFrame(frame))
  }

  /** Something is wrong on our side: the client may come again and resume. */
  #fail(error: unknown): void {
    if (!(error instanceof Refusal)) {
      this.#options.deps.logger.error(
        { err: error, connection: this.#connection?.id },
        'a WebSocket failed',
      )
    }
    const refusal =
      error instanceof Refusal ? error : new Refusal('internal-error', 'Something went wrong.')
    this.#answer(errorFrame(undefined, refusal))
    this.end(CLOSE.failed, refusal.code)
  }

  /** Leaves the rooms and records the closing, after the frame that was being handled. */
  async #record(reason: string): Promise<void> {
    const rooms = this.#subscriptions.rooms
    await this.#work
    const connection = this.#connection
    if (!connection) return
    const { deps } = this.#options
    try {
      for (const id of new Set([...rooms, ...this.#subscriptions.rooms])) {
        await connection.leaveRoom(id, reason)
      }
      if (!this.#hasBeenExpelled) {
        await connection.closed(reason, this.#receivedBytes, this.#outbox.sentBytes)
      }
    } catch (error) {
      deps.logger.warn({ err: error, connection: connection.id }, 'a closing is not recorded')
    }
  }
}

function rateLimited(words: string, retryAfterMs: number): Refusal {
  return new Refusal(WS_REFUSALS.rateLimited, words, { retryAfterMs })
}

/** The id of a frame that is refused unhandled. */
function idIn(text: string): FrameId | undefined {
  try {
    return decodeFrame(text).id
  } catch {
    return undefined
  }
}
