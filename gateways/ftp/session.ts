import type { Receipt } from '#actors/kernel/host.ts'
import type { DiskTrouble } from '#events/site-files.ts'
import type { ReadModels } from '#projections/read-models.ts'

import type { Connection } from '#gateways/kernel/connection.ts'
import type { Origin } from '#gateways/kernel/login.ts'
import { callerOf, type SiteCaller } from '#gateways/site/caller.ts'
import { parsePath, type SitePath } from '#gateways/site/path.ts'
import type { Site } from '#gateways/site/site.ts'
import { type FtpLine, isAbort } from '#gateways/ftp/codec.ts'
import type { CommandSession, RunningTransfer } from '#gateways/ftp/command.ts'
import type { DataPort } from '#gateways/ftp/transfers/data-port.ts'
import { commandOf, dispatch, failure } from '#gateways/ftp/dispatch.ts'
import type { FtpLimits } from '#gateways/ftp/options.ts'
import { type FollowUp, type Reply, reply } from '#gateways/ftp/replies.ts'
import { runTransfer } from '#gateways/ftp/transfers/run-transfer.ts'
import type { SessionPolicies } from '#gateways/ftp/session-policies.ts'
import type { SessionDeps } from '#gateways/ftp/session-deps.ts'
import { noteForeign } from '#gateways/ftp/transfers/fxp-log.ts'
import { idleTimeoutOf } from '#gateways/ftp/idle-time.ts'
import { createIdleWatch, type IdleWatch } from '#gateways/ftp/idle-watch.ts'
import { newSessionState } from '#gateways/ftp/session-state.ts'

/** How long a client has to take the last reply. */
const FAREWELL_MS = 5_000

/** One client: its lines in order, its transfer, its end. */
export class FtpSession implements CommandSession {
  readonly connection: Connection
  readonly data: DataPort
  readonly limits: FtpLimits
  readonly policies: SessionPolicies
  readonly site: Site
  readonly readModels: ReadModels
  readonly login: CommandSession['login']
  readonly host: CommandSession['host']
  readonly state = newSessionState()
  transfer: RunningTransfer | undefined
  readonly #deps: SessionDeps
  readonly #lines: FtpLine[] = []
  #isHandling = false
  #hasClientEnded = false
  #badCommands = 0
  #dataReceivedBytes = 0
  #dataSentBytes = 0
  #activeAt: number
  /** Where the client is when a bouncer is between. */
  #behind: Partial<Origin> = {}
  readonly #idle: IdleWatch
  #ending: Promise<void> | undefined

  constructor(deps: SessionDeps) {
    this.#deps = deps
    this.connection = deps.connection
    this.data = deps.data
    this.limits = deps.limits
    this.policies = deps.policies
    this.site = deps.gateway.site
    this.readModels = deps.gateway.readModels
    this.login = deps.gateway.login
    this.host = deps.gateway.host
    this.#activeAt = this.now()
    this.#idle = createIdleWatch({
      clock: deps.gateway.clock,
      idleMs: () =>
        this.state.idleMs ?? idleTimeoutOf(this.connection.member, this.limits.idleTimeoutMs),
      activeAt: () => this.#activeAt,
      isBusy: () => this.transfer !== undefined,
      expired: () => void this.dismiss('Nothing has been said for too long.', 'idle'),
    })
  }

  get bandwidth() {
    return this.#deps.metrics.bandwidth
  }
  get administration() {
    return this.#deps.gateway
  }
  get localAddress() {
    return this.#deps.control.localAddress
  }
  get remoteAddress() {
    return this.origin.address
  }
  get origin(): Origin {
    const { remoteAddress, remotePort } = this.#deps.control
    const direct: Origin = { gateway: 'ftp', address: remoteAddress, port: remotePort }
    return { ...direct, ...this.#behind }
  }
  get isEnding() {
    return this.#ending !== undefined || this.#hasClientEnded
  }
  get isSecured() {
    return this.#deps.control.isSecured
  }
  get isGivenUp() {
    return this.isEnding || this.#lines.some(isAbort)
  }
  readonly now = (): number => this.#deps.gateway.clock.now()

  caller(): SiteCaller {
    const caller = callerOf(this.connection)
    if (!caller) throw new Error('a command that needs no login asked who is logged in')
    return { ...caller, origin: this.origin, speedKib: this.state.speedKib }
  }
  async tell(code: number, ...lines: string[]): Promise<void> {
    this.#activeAt = this.now()
    if (!this.#ending) await this.#deps.control.send({ code, lines, isMore: true })
  }
  path(argument: string): SitePath {
    return parsePath(this.state.directory, argument)
  }
  clientIsAt(address: string, ident: string): void {
    this.#behind = { address, ident, port: 0 }
    this.data.clientIsAt(address)
  }
  caused(receipt: Receipt | undefined): void {
    if (!receipt) return
    this.state.position = Math.max(this.state.position, receipt.position)
  }
  report(cause: unknown): void {
    this.#deps.gateway.logger.error({ err: cause, connection: this.connection.id }, 'ftp session')
  }

  reportDisk(cause: DiskTrouble): void {
    if (this.#deps.diskReports.take() === 0) this.report(cause)
  }

  /** Greets and begins to listen. */
  start(): void {
    const { control } = this.#deps
    control.listen({
      line: (line) => this.#take(line),
      end: () => this.#clientEnded(),
      close: () => void this.end('client-gone'),
    })
    this.#idle.follow()
    this.state.hasBufferSize = this.state.isDataProtected = this.#deps.isImplicit
    const greeting = reply(220, 'veza FTP server ready.')
    if (this.#deps.isImplicit) void this.#secure(undefined).then(() => control.send(greeting))
    else void control.send(greeting)
  }

  /** Says goodbye, then ends. A transfer is broken off. */
  async dismiss(words: string, reason: string): Promise<void> {
    if (this.#ending) return await this.#ending
    const { control } = this.#deps
    void control.send(reply(421, words))
    await this.end(reason)
  }

  /** Resolves when no transfer is under way. */
  async transferOver(): Promise<void> {
    await this.transfer?.over
  }

  /** Ends the session and records that, once. */
  end(reason: string): Promise<void> {
    return (this.#ending ??= this.#end(reason))
  }

  async #end(reason: string): Promise<void> {
    const { control, gateway, ended } = this.#deps
    this.#idle.stop()
    this.#lines.length = 0
    control.end()
    control.resume()
    const cancel = gateway.clock.after(FAREWELL_MS, () => control.destroy())
    try {
      await this.transfer?.abort('The session has ended.')
      this.data.drop()
      const received = control.receivedBytes + this.#dataReceivedBytes
      const sent = control.sentBytes + this.#dataSentBytes
      await this.connection.closed(reason, received, sent)
    } catch (cause) {
      this.report(cause)
    } finally {
      if (!control.isOpen) cancel()
      ended()
    }
  }

  #take(line: FtpLine): void {
    if (this.#ending) return
    this.transfer?.heard()
    this.#lines.push(line)
    if (this.#lines.length >= this.limits.queuedLines) this.#deps.control.pause()
    void this.#handleLines()
  }

  /** The client sends no more: what it sent is still answered, but nothing is waited for. */
  #clientEnded(): void {
    this.#hasClientEnded = true
    if (this.transfer) void this.end('client-gone')
    else if (!this.#isHandling) void this.end('client-gone')
  }

  /** During a transfer only what cannot wait is handled; the rest keeps its order. */
  #next(): FtpLine | undefined {
    if (!this.transfer) return this.#lines.shift()
    const isWaiting = !this.transfer.isConnected
    const at = this.#lines.findIndex((line) => {
      const when = commandOf(line)?.duringTransfer
      return when === 'runs' || (when === 'gives-up-waiting' && isWaiting)
    })
    return at < 0 ? undefined : this.#lines.splice(at, 1)[0]
  }

  async #handleLines(): Promise<void> {
    if (this.#isHandling) return
    this.#isHandling = true
    try {
      for (let line = this.#next(); line && !this.#ending; line = this.#next()) {
        await this.#handle(line)
      }
    } catch (cause) {
      this.report(cause)
      void this.end('fault')
    } finally {
      this.#isHandling = false
    }
    if (this.#ending) return
    if (this.#lines.length < this.limits.queuedLines) this.#deps.control.resume()
    if (this.#hasClientEnded) void this.end('client-gone')
  }

  async #handle(line: FtpLine): Promise<void> {
    this.#activeAt = this.now()
    if (commandOf(line)?.duringTransfer === 'gives-up-waiting') {
      await this.transfer?.abort('Given up for another data connection.')
    }
    const answer = await dispatch(this, line)
    this.#deps.metrics.answered(line.kind === 'command' ? line.verb : '', answer.code)
    // The session ended while a command ran: what it prepared is undone.
    if (this.#ending) return await this.#follow(answer.followUp)
    this.#activeAt = this.now()
    this.#idle.follow()
    if (answer.code === 500 && ++this.#badCommands >= this.limits.badCommands) {
      return await this.dismiss('Too many bad commands.', 'too-many-bad-commands')
    }
    if (answer.followUp?.kind === 'silence') return
    if (answer.followUp?.kind === 'secure') return await this.#secure(answer)
    await this.#deps.control.send(answer)
    await this.#follow(answer.followUp)
  }

  async #follow(next: FollowUp | undefined): Promise<void> {
    if (next?.kind === 'close' && !this.#ending) await this.end(next.reason)
    if (next?.kind !== 'transfer') return
    if (this.#ending || this.#hasClientEnded) {
      await next.plan.cancel('The session has ended.')
      return
    }
    const { metrics, gateway } = this.#deps
    const { direction } = next.plan
    const { isTlsClient, fxp } = this.state
    this.data.expect({ direction, isTlsClient, fxp })
    this.transfer = runTransfer(next.plan, {
      data: this.data,
      isProtected: this.state.isDataProtected,
      clock: gateway.clock,
      stallMs: this.limits.dataStallMs,
      moved: (direction, bytes) => this.#moved(direction === 'upload', bytes),
      failure: (cause) => failure(this, cause),
      finish: async (last) => {
        metrics.ended(direction, last.code)
        noteForeign(this, metrics, direction, last.code)
        this.transfer = undefined
        this.#activeAt = this.now()
        await this.#deps.control.send(last)
        void this.#handleLines()
      },
    })
  }

  async #secure(answer: Reply | undefined): Promise<void> {
    // What came in clear with AUTH could be somebody else's: it is not taken as secure.
    this.#lines.length = 0
    try {
      const { protocol, cipher } = await this.#deps.control.secure(answer)
      await this.connection.secured(protocol, cipher)
    } catch (cause) {
      this.#deps.gateway.logger.debug({ err: cause }, 'ftp tls')
      this.#deps.control.destroy()
      await this.end('tls-failed')
    }
  }

  #moved(isUpload: boolean, bytes: number): void {
    this.#activeAt = this.now()
    if (isUpload) {
      this.#dataReceivedBytes += bytes
      this.#deps.metrics.received(bytes)
    } else {
      this.#dataSentBytes += bytes
      this.#deps.metrics.sent(bytes)
    }
  }
}
