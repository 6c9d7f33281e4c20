import { connect } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

/** The client's side of the bytes, in a thread of its own so that it does not slow the server. */
const { direction, ports, bytes } = workerData as {
  direction: 'send' | 'take'
  ports: number[]
  bytes: number
}
const chunk = Buffer.alloc(256 * 1024, 'veza')

function send(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let left = bytes
    const more = (): void => {
      while (left > 0) {
        const part = left < chunk.length ? chunk.subarray(0, left) : chunk
        left -= part.length
        if (!socket.write(part)) return void socket.once('drain', more)
      }
      socket.end()
    }
    socket.once('connect', more)
    socket.once('error', reject)
    socket.once('close', () => resolve())
    socket.resume()
  })
}

function take(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.allocUnsafe(256 * 1024)
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback: () => true } })
    socket.once('error', reject)
    socket.once('end', () => socket.end())
    socket.once('close', () => resolve())
  })
}

await Promise.all(ports.map(direction === 'send' ? send : take))
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort!.postMessage('done')
