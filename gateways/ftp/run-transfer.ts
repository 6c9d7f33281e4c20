import { setImmediate } from 'node:timers/promises'

import type { Socket } from 'node:net'

import type { Clock } from '#events/clock.ts'

import type { RunningTransfer } from '#gateways/ftp/command.ts'
import { type DataPort, NoDataConnection } from '#gateways/ftp/data-port.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'
import { type Progress, TransferBroken, type TransferPlan } from '#gateways/ftp/transfer.ts'

export interface TransferOptions {
  readonly data: DataPort
  readonly isProtected: boolean
  readonly clock: Clock
  readonly stallMs: number
  /** Each time bytes have moved. */
  readonly moved: (direction: TransferPlan['direction'], bytes: number) => void
  /** The reply to a failure that the transfer itself knows nothing about. */
  readonly failure: (cause: unknown) => Reply
  /** Sends the last reply. */
  readonly finish: (last: Reply) => Promise<void>
}

/** What is sent is on its way for so long at most after a transfer. */
const LINGER_MS = 10_000

/** Opens the data connection, moves the bytes, and has the last reply sent. */
export function runTransfer(plan: TransferPlan, options: TransferOptions): RunningTransfer {
  const { data, clock, stallMs } = options
  let socket: Socket | undefined
  let movedBytes = 0
  let movedAt = clock.now()
  let abortedBecause: string | undefined
  let isOver = false

  const breakOff = (reason: string): void => {
    if (isOver) return
    abortedBecause ??= reason
    if (socket) socket.destroy()
    else data.drop()
  }
  const watch = (): void => {
    if (isOver) return
    const leftMs = movedAt + stallMs - clock.now()
    if (leftMs <= 0) breakOff('The data connection has been silent for too long.')
    else cancelWatch = clock.after(leftMs, watch)
  }
  let cancelWatch = (): void => {}
  const progress: Progress = {
    moved(bytes) {
      movedBytes += bytes
      movedAt = clock.now()
      options.moved(plan.direction, bytes)
    },
    get abortedBecause() {
      return abortedBecause
    },
    async settled() {
      await setImmediate()
      await setImmediate()
    },
  }

  const run = async (): Promise<Reply> => {
    try {
      socket = await data.open(options.isProtected)
    } catch (cause) {
      const isExpected = cause instanceof NoDataConnection
      const words = abortedBecause ?? (isExpected ? cause.message : 'No data connection.')
      await plan.cancel(words)
      return isExpected ? reply(425, words) : options.failure(cause)
    }
    socket.on('error', () => {})
    if (abortedBecause !== undefined) socket.destroy()
    movedAt = clock.now()
    watch()
    try {
      return await plan.run(socket, progress)
    } catch (cause) {
      return cause instanceof TransferBroken ? reply(426, cause.message) : options.failure(cause)
    } finally {
      linger(socket, clock)
    }
  }
  const over = run()
    .catch(options.failure)
    .then(async (last) => {
      isOver = true
      cancelWatch()
      await options.finish(last)
    })

  return {
    plan,
    over,
    get isConnected() {
      return socket !== undefined
    },
    get movedBytes() {
      return movedBytes
    },
    async abort(reason) {
      breakOff(reason)
      await over
    },
  }
}

/** The system goes on sending what it has; a client that never takes it is cut off. */
function linger(socket: Socket, clock: Clock): void {
  if (!socket.writableFinished) {
    socket.end()
    socket.resume()
  }
  if (socket.destroyed) return
  const cancel = clock.after(LINGER_MS, () => socket.destroy())
  socket.once('close', cancel)
}
