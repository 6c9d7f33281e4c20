import type { Socket } from 'node:net'

/** Lines on their way to one client: what is written in one turn leaves in one piece. */
export interface SendQueue {
  /** Whole lines, with their CR LF. */
  push(lines: string): void
  /** Sends what waits, then half-closes. */
  finish(lines: string): void
}

export function createSendQueue(socket: Socket, limitBytes: number, full: () => void): SendQueue {
  let waiting = ''
  let isScheduled = false
  let isDone = false

  function flush(): void {
    isScheduled = false
    if (isDone || waiting === '') return
    socket.write(waiting)
    waiting = ''
  }

  return {
    push(lines) {
      if (isDone || lines === '') return
      waiting += lines
      // A UTF-16 unit is at least a byte on the wire: near enough for a limit of memory.
      if (socket.writableLength + waiting.length > limitBytes) {
        isDone = true
        waiting = ''
        full()
      } else if (!isScheduled) {
        isScheduled = true
        setImmediate(flush)
      }
    },
    finish(lines) {
      if (isDone) return
      isDone = true
      socket.end(waiting + lines)
      waiting = ''
    },
  }
}
