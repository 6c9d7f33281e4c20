import type { WebSocket } from 'uWebSockets.js'

import type { WsMetrics } from '#gateways/ws/metrics.ts'

/**
 * Frames on their way to one socket. What is pushed in one turn leaves in one piece: at once
 * when it is quiet, together when there is much.
 */
export interface Outbox {
  /** Queues a frame; answers whether facts may follow at once. */
  push(frame: string): boolean
  /** Sends now what waits, and looks whether there is room again. */
  flush(): void
  readonly sentBytes: number
  /** The socket is gone and must not be touched again. */
  close(): void
}

export interface OutboxOptions {
  readonly socket: WebSocket<unknown>
  /** Bytes on their way beyond which facts have to wait. */
  readonly bufferBytes: number
  readonly metrics: WsMetrics
  /** There is room for facts again after a time without. */
  readonly hasRoom: () => void
}

export function createOutbox({ socket, bufferBytes, metrics, hasRoom }: OutboxOptions): Outbox {
  let frames: string[] = []
  let waitingBytes = 0
  let sentBytes = 0
  let isScheduled = false
  let isFull = false
  let isOpen = true

  function sendAll(): void {
    const batch = frames
    frames = []
    waitingBytes = 0
    metrics.sent(batch.length)
    socket.cork(() => {
      for (const frame of batch) {
        // Beyond the limit of back pressure the socket is closed within `send`.
        if (!isOpen) return
        socket.send(frame)
        sentBytes += Buffer.byteLength(frame)
      }
    })
  }

  function flush(): void {
    isScheduled = false
    if (isOpen && frames.length > 0) sendAll()
    if (!isOpen || !isFull || socket.getBufferedAmount() >= bufferBytes) return
    isFull = false
    hasRoom()
  }

  return {
    push(frame) {
      if (!isOpen) return false
      frames.push(frame)
      waitingBytes += frame.length
      if (!isScheduled) {
        isScheduled = true
        setImmediate(flush)
      }
      if (waitingBytes + socket.getBufferedAmount() < bufferBytes) return true
      if (!isFull) metrics.lagged()
      isFull = true
      return false
    },
    flush,
    get sentBytes() {
      return sentBytes
    },
    close() {
      isOpen = false
      frames = []
    },
  }
}
