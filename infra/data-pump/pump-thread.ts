import { constants } from 'node:os'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'

import {
  createReceiver,
  createSender,
  type Mover,
  PumpFailure,
  type PumpMemory,
} from '#infra/data-pump/movers.ts'
import type {
  PumpedWork,
  PumpOrder,
  PumpReport,
  SecuringWork,
} from '#infra/data-pump/pump-messages.ts'
import { loadSystemCalls } from '#infra/data-pump/system-calls.ts'
import { loadTlsCalls } from '#infra/data-pump/tls-calls.ts'
import { createTlsContexts } from '#infra/data-pump/tls-context.ts'
import {
  createHandshake,
  createTlsReceiver,
  createTlsSender,
  type TlsSession,
} from '#infra/data-pump/tls-movers.ts'

/** One transfer moves so much at most before the others get their turns. */
const TURN_BYTES = 1024 * 1024
const MEMORY_BYTES = 256 * 1024
/** Progress is told when so much has moved, or when the last time is so long ago. */
const REPORT_BYTES = 8 * 1024 * 1024
const REPORT_MS = 20
/** So long at most this thread cannot be ended from outside. */
const POLL_MS = 100
/**
 * After a round that has moved less by TLS, more is left to gather for so long: to be woken for
 * each record costs as much as the record.
 */
const GATHERED_BYTES = 512 * 1024
const GATHER_MS = 1
const POLL_ENTRY_BYTES = 8
const POLLIN = 1
const POLLOUT = 4

/** What a transfer or a handshake goes over. */
interface Connection {
  readonly socket: number
  readonly tls?: TlsSession
}

interface Running {
  readonly id: number
  readonly connection: Connection
  /** Undefined for a handshake. */
  readonly file?: number
  readonly mover: Mover
  movedBytes: number
  grantedBytes: number
  reportedBytes: number
  reportedAt: number
  isReady: boolean
}

const calls = (await loadSystemCalls())!
const port: MessagePort = parentPort!
const { wake } = workerData as { wake: number }
const wakeBytes = Buffer.alloc(8)
const bytes = Buffer.allocUnsafeSlow(MEMORY_BYTES)
const memory: PumpMemory = { bytes, address: calls.addressOf(bytes) }
const running = new Map<number, Running>()
/** What has moved by TLS in this round. */
let securedBytes = 0
/** Handshakes that are done, and have no transfer yet. */
const secured = new Map<number, Connection>()
const newSession = createTlsContexts(await loadTlsCalls())

/** While something runs, this thread waits for sockets alone; else for its next order. */
port.on('message', (order: PumpOrder) => {
  obey(order)
  while (running.size > 0) {
    let isBusy = false
    securedBytes = 0
    for (const transfer of running.values()) isBusy = turn(transfer) || isBusy
    if (!isBusy && securedBytes > 0 && securedBytes < GATHERED_BYTES) waitForOrders(GATHER_MS)
    if (running.size > 0) waitForSockets(isBusy ? 0 : POLL_MS)
    for (let next; (next = receiveMessageOnPort(port)) !== undefined;) {
      obey(next.message as PumpOrder)
    }
  }
})

function obey(order: PumpOrder): void {
  if (order.kind === 'begin') return begin(order)
  if (order.kind === 'secure') return secure(order)
  const transfer = running.get(order.id)
  if (!transfer) {
    // A transfer may have ended meanwhile; what a transfer has begun on is its own.
    const connection = order.kind === 'stop' ? secured.get(order.id) : undefined
    secured.delete(order.id)
    if (connection) close(connection)
    return
  }
  if (order.kind === 'grant') transfer.grantedBytes = order.grantedBytes
  else end(transfer, 'stopped')
}

function begin(work: PumpedWork): void {
  const { id, file, direction, grantedBytes } = work
  if (typeof work.socket === 'number') {
    const { socket } = work
    const mover =
      direction === 'send'
        ? createSender(calls, { ...work, socket })
        : createReceiver(calls, { ...work, socket }, memory)
    return run({ id, connection: { socket }, file, mover, grantedBytes })
  }
  const connection = secured.get(work.socket.secured)
  secured.delete(work.socket.secured)
  if (!connection?.tls) {
    calls.close(file)
    port.postMessage({ id, movedBytes: 0, crc32: 0, end: 'stopped' } satisfies PumpReport)
    return
  }
  const create = direction === 'send' ? createTlsSender : createTlsReceiver
  run({ id, connection, file, mover: create(calls, connection.tls, work, memory), grantedBytes })
}

function secure({ id, socket, as }: SecuringWork): void {
  try {
    const tls = newSession(socket, as)
    run({ id, connection: { socket, tls }, mover: createHandshake(tls), grantedBytes: 1 })
  } catch {
    calls.close(socket)
    const end = { side: 'connection', call: 'SSL_new', errno: constants.errno.EPROTO } as const
    port.postMessage({ id, movedBytes: 0, crc32: 0, end } satisfies PumpReport)
  }
}

function run(
  transfer: Pick<Running, 'id' | 'connection' | 'file' | 'mover' | 'grantedBytes'>,
): void {
  const reportedAt = performance.now()
  const fresh = { movedBytes: 0, reportedBytes: 0, reportedAt, isReady: true }
  running.set(transfer.id, { ...transfer, ...fresh })
}

/** Answers whether there may be more at once. */
function turn(transfer: Running): boolean {
  let leftBytes = Math.min(TURN_BYTES, transfer.grantedBytes - transfer.movedBytes)
  try {
    while (transfer.isReady && leftBytes > 0) {
      const moved = transfer.mover.move(leftBytes)
      if (moved === 'end') return end(transfer, 'done')
      if (moved === 'wait') {
        transfer.isReady = false
      } else {
        transfer.movedBytes += moved
        if (transfer.connection.tls) securedBytes += moved
        leftBytes -= moved
      }
    }
  } catch (cause) {
    if (!(cause instanceof PumpFailure)) throw cause
    return end(transfer, cause.trouble)
  }
  reportSometimes(transfer)
  return transfer.isReady && transfer.movedBytes < transfer.grantedBytes
}

function reportSometimes(transfer: Running): void {
  const bytesSince = transfer.movedBytes - transfer.reportedBytes
  if (bytesSince === 0) return
  const now = performance.now()
  if (bytesSince < REPORT_BYTES && now - transfer.reportedAt < REPORT_MS) return
  transfer.reportedAt = now
  transfer.reportedBytes = transfer.movedBytes
  report(transfer)
}

function end(transfer: Running, how: NonNullable<PumpReport['end']>): false {
  const { id, connection, file } = transfer
  running.delete(id)
  if (file === undefined && how === 'done') secured.set(id, connection)
  else close(connection)
  if (file !== undefined) calls.close(file)
  report(transfer, how)
  return false
}

function close({ socket, tls }: Connection): void {
  tls?.free()
  calls.close(socket)
}

function report({ id, mover, movedBytes }: Running, how?: PumpReport['end']): void {
  const { crc32 } = mover
  const told: PumpReport = { id, movedBytes, crc32, ...(how && { end: how }) }
  port.postMessage(told)
}

function waitForOrders(timeoutMs: number): void {
  const entry = Buffer.alloc(POLL_ENTRY_BYTES)
  entry.writeInt32LE(wake, 0)
  entry.writeInt16LE(POLLIN, 4)
  calls.poll(entry, 1, timeoutMs)
}

/** Those that have nothing granted wait for an order. */
function waitForSockets(timeoutMs: number): void {
  const waiting = [...running.values()].filter(
    ({ isReady, movedBytes, grantedBytes }) => !isReady && movedBytes < grantedBytes,
  )
  const entries = Buffer.alloc((waiting.length + 1) * POLL_ENTRY_BYTES)
  entries.writeInt32LE(wake, 0)
  entries.writeInt16LE(POLLIN, 4)
  waiting.forEach(({ connection, mover }, index) => {
    const at = (index + 1) * POLL_ENTRY_BYTES
    entries.writeInt32LE(connection.socket, at)
    entries.writeInt16LE(mover.waitsFor === 'reading' ? POLLIN : POLLOUT, at + 4)
  })
  const isLate = waiting.some((each) => each.movedBytes > each.reportedBytes)
  calls.poll(entries, waiting.length + 1, isLate ? Math.min(timeoutMs, REPORT_MS) : timeoutMs)
  if (entries.readInt16LE(6) !== 0) calls.read(wake, wakeBytes, wakeBytes.length)
  // An error counts as ready too: the next move meets it.
  waiting.forEach((transfer, index) => {
    if (entries.readInt16LE((index + 1) * POLL_ENTRY_BYTES + 6) !== 0) transfer.isReady = true
  })
}
