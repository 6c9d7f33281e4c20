import { closeSync, openSync } from 'node:fs'

import koffi from 'koffi'

/**
 * Data connections of a client that costs next to nothing, so that the server is what is
 * measured: what comes is dropped in the kernel (MSG_TRUNC), what goes comes from a file in memory
 * by `sendfile`. All of them are served by one thread that does nothing else. Linux alone.
 */
const libc = koffi.load(null)
const socket = libc.func('int socket(int domain, int type, int protocol)')
const connect = libc.func('int connect(int fd, const void *address, int length)')
const shutdown = libc.func('int shutdown(int fd, int how)')
const close = libc.func('int close(int fd)')
const poll = libc.func('int poll(void *fds, unsigned long count, int timeoutMs)')
const recv = libc.func('int64 recv(int fd, void *buffer, uint64 length, int flags)')
const sendfile = libc.func('int64 sendfile(int out, int in, void *offset, uint64 length)')
const fcntl = libc.func('int fcntl(int fd, int command, int value)')

const [AF_INET, SOCK_STREAM] = [2, 1]
const [F_SETFL, O_NONBLOCK] = [4, 0o4000]
const MSG_TRUNC = 0x20
const SHUT_WR = 1
const [POLLIN, POLLOUT] = [1, 4]
const EAGAIN = 11
/** One call takes or gives so much at most, so that all get their turns. */
const TURN_BYTES = 4 * 1024 * 1024
const SILENT_MS = 20_000

/** Connects to a port of this machine; throws when nobody listens there. */
export function openRawSocket(port: number): number {
  const fd = socket(AF_INET, SOCK_STREAM, 0) as number
  const address = Buffer.alloc(16)
  address.writeUInt16LE(AF_INET, 0)
  address.writeUInt16BE(port, 2)
  address.set([127, 0, 0, 1], 4)
  if (connect(fd, address, address.length) !== 0) throw failed('connect')
  fcntl(fd, F_SETFL, O_NONBLOCK)
  return fd
}

/** Drops all that comes on the sockets until their ends; answers how much it was. */
export function takeAll(sockets: readonly number[]): number {
  let takenBytes = 0
  serve(sockets, POLLIN, (fd) => {
    const bytes = Number(recv(fd, null, TURN_BYTES, MSG_TRUNC))
    if (bytes > 0) takenBytes += bytes
    return moved(bytes, 'recv')
  })
  return takenBytes
}

/** Sends the first bytes of a file on each of the sockets, then ends them. */
export function sendAll(sockets: readonly number[], path: string, bytes: number): void {
  const file = openSync(path, 'r')
  const offsets = new Map(sockets.map((fd) => [fd, new BigInt64Array(1)]))
  serve(sockets, POLLOUT, (fd) => {
    const offset = offsets.get(fd)!
    const left = bytes - Number(offset[0])
    if (left > 0) return moved(Number(sendfile(fd, file, offset, Math.min(left, TURN_BYTES))))
    shutdown(fd, SHUT_WR)
    return 'end'
  })
  closeSync(file)
}

type Turn = 'more' | 'wait' | 'end'

function moved(bytes: number, call = 'sendfile'): Turn {
  if (bytes > 0) return 'more'
  if (bytes === 0) return 'end'
  if (koffi.errno() === EAGAIN) return 'wait'
  throw failed(call)
}

function serve(sockets: readonly number[], events: number, turn: (fd: number) => Turn): void {
  let open = [...sockets]
  while (open.length > 0) {
    const entries = Buffer.alloc(open.length * 8)
    open.forEach((fd, index) => {
      entries.writeInt32LE(fd, index * 8)
      entries.writeInt16LE(events, index * 8 + 4)
    })
    if (poll(entries, open.length, SILENT_MS) === 0) throw new Error('the server is silent')
    open = open.filter((fd, index) => {
      if (entries.readInt16LE(index * 8 + 6) === 0) return true
      if (turn(fd) !== 'end') return true
      close(fd)
      return false
    })
  }
}

function failed(call: string): Error {
  return new Error(`${call} failed: errno ${koffi.errno()}`)
}
