import { setImmediate } from 'node:timers/promises'

import type { Socket } from 'node:net'

import type { Clock } from '#events/clock.ts'
import type { SecuredSocket } from '#events/data-pump.ts'

import type { RunningTransfer } from '#gateways/ftp/command.ts'
import type { DataPort } from '#gateways/ftp/transfers/data-port.ts'
import { NoDataConnection } from '#gateways/ftp/transfers/prepared-connection.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'
import { type Progress, TransferBroken } from '#gateways/ftp/transfers/progress.ts'
import type { TransferPlan } from '#gateways/ftp/transfers/transfer.ts'

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
/** After a failed upload so much is taken and dropped: many clients read the reply when done. */
const LINGER_BYTES = 1024 ** 3
/** When the data connection of a client that dies ends, its control connection follows by then. */
const SETTLE_MS = 50

/** Opens the data connection, moves the bytes, and has the last reply sent. */
export function runTransfer(plan: TransferPlan, options: TransferOptions): RunningTransfer {
  const { data, clock, stallMs } = options
  let socket: Socket | undefined
  let secured: SecuredSocket | undefined
  let movedBytes = 0
  let movedAt = clock.now()
  /** Silence until then is imposed here. */
  let heldUntil = movedAt
  let abortedBecause: string | undefined
  let isOver = false
  let endSettling = (): void => {}

  const breakOff = (reason: string): void => {
    if (isOver) return
    abortedBecause ??= reason
    endSettling()
    if (socket) socket.destroy()
    else data.drop()
  }
  const watch = (): void => {
    if (isOver) return
    const leftMs = Math.max(movedAt, heldUntil) + stallMs - clock.now()
    if (leftMs <= 0) breakOff('The data connection has been silent for too long.')
    else cancelWatch = clock.after(leftMs, watch)
  }
  let cancelWatch = (): void => {}
  const hold = (on: Socket, waitMs: number): Promise<void> => {
    heldUntil = clock.now() + waitMs
    return new Promise((resolve) => {
      const goOn = (): void => {
        cancel()
        on.off('close', goOn)
        resolve()
      }
      const cancel = clock.after(waitMs, goOn)
      on.once('close', goOn)
    })
  }
  const progress: Progress = {
    pump: data.pump,
    get secured() {
      return secured
    },
    moved(bytes) {
      movedBytes += bytes
      movedAt = clock.now()
      options.moved(plan.direction, bytes)
    },
    get abortedBecause() {
      return abortedBecause
    },
    get chunkBytes() {
      return plan.pace?.chunkBytes ?? Number.POSITIVE_INFINITY
    },
    paced(bytes) {
      const waitMs = plan.pace?.take(bytes) ?? 0
      return waitMs > 0 && socket && !socket.destroyed ? hold(socket, waitMs) : undefined
    },
    async settled() {
      if (abortedBecause !== undefined) return
      const { promise, resolve } = Promise.withResolvers<void>()
      endSettling = resolve
      const cancel = clock.after(SETTLE_MS, resolve)
      await promise
      cancel()
      // On a busy machine the time may be over before the sockets have been looked at.
      await setImmediate()
      await setImmediate()
    },
  }

  const run = async (): Promise<Reply> => {
    try {
      const isPumpable =
        (plan.isPumpable ?? false) && progress.chunkBytes === Number.POSITIVE_INFINITY
      ;({ socket, secured } = await data.open(options.isProtected, isPumpable))
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
    heard: () => endSettling(),
    async abort(reason) {
      breakOff(reason)
      await over
    },
  }
}

/** The system goes on sending what it has; a client that never takes it is cut off. */
function linger(socket: Socket, clock: Clock): void {
  if (!socket.writableFinished) socket.end()
  if (socket.destroyed) return
  let leftBytes = LINGER_BYTES
  socket.on('data', (chunk: Buffer) => {
    leftBytes -= chunk.length
    if (leftBytes < 0) socket.destroy()
  })
  socket.resume()
  const cancel = clock.after(LINGER_MS, () => socket.destroy())
  socket.once('close', cancel)
}
