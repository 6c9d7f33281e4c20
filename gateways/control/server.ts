import { chmod, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'

import { Refusal } from '#events/refusal.ts'

import {
  CONTROL_LINE_BYTES,
  type ControlAnswer,
  controlRequest,
  type ControlRequest,
  createLineReader,
} from '#gateways/control/codec.ts'

/** Another server holds the data folder. */
export class DataFolderInUse extends Error {
  readonly code = 'data-folder-in-use'
}

export type ControlHandler = (request: ControlRequest) => Promise<unknown>

const CLIENTS = 16

/**
 * The socket by which the command line reaches a running server. Who holds it holds the data
 * folder: a second server finds it answering and gives up, a stale one left by a crash does
 * not answer and is replaced.
 */
export async function startControlServer(path: string, handle: ControlHandler) {
  const clients = new Set<Socket>()
  const server = createServer((socket) => {
    clients.add(socket)
    socket.on('close', () => clients.delete(socket))
    socket.on('error', () => socket.destroy())
    serve(socket, handle)
  })
  server.maxConnections = CLIENTS
  await claim(server, path)
  await chmod(path, 0o600)
  return {
    async stop(): Promise<void> {
      for (const socket of clients) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function claim(server: Server, path: string): Promise<void> {
  try {
    await listen(server, path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    if (await isAnswering(path)) {
      throw new DataFolderInUse(`a server runs already with this data folder (${path})`, { cause })
    }
    await rm(path, { force: true })
    await listen(server, path)
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Whether a server listens on the socket. */
export function isAnswering(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function serve(socket: Socket, handle: ControlHandler): void {
  const reader = createLineReader(CONTROL_LINE_BYTES)
  let queue: Promise<void> = Promise.resolve()
  socket.on('data', (bytes) => {
    const lines = reader.push(bytes)
    if (!lines) return void socket.destroy()
    for (const line of lines) {
      queue = queue.then(async () => {
        const answer = await answerTo(line, handle)
        if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`)
      })
    }
  })
}

async function answerTo(line: string, handle: ControlHandler): Promise<ControlAnswer> {
  try {
    const request = controlRequest.parse(JSON.parse(line))
    return { ok: true, result: (await handle(request)) ?? null }
  } catch (cause) {
    if (cause instanceof Refusal) {
      return { ok: false, code: cause.code, message: cause.message, fields: cause.fields }
    }
    return { ok: false, code: 'invalid-request', message: String(cause) }
  }
}
