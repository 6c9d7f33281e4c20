import { request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** Any address of 127.0.0.0/8: each is somebody else to the server. */
export type From = string

export const HERE: From = '127.0.0.1'

/** A client that says lines, and sees what comes as text. */
export interface LineClient {
  send(...lines: readonly string[]): void
  /** What has come and was not taken yet, up to and with the first match, which is the answer. */
  until(pattern: RegExp): Promise<RegExpExecArray>
  /** Everything that came and was not taken, once the server has closed. */
  closed(): Promise<string>
  end(): void
}

export async function openLines(port: number, from: From = HERE): Promise<LineClient> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  const incoming = createIncoming(socket)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return {
    send: (...lines) => void socket.write(lines.map((line) => `${line}\r\n`).join('')),
    until: incoming.until,
    closed: incoming.closed,
    end: () => void socket.destroy(),
  }
}

function createIncoming(socket: Socket) {
  let text = ''
  let isClosed = false
  let changed = () => {}
  socket.setEncoding('utf8')
  socket.on('data', (more) => {
    text += String(more)
    changed()
  })
  // A reset is an end like another: what came before counts.
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
    changed()
  })
  const change = () => new Promise<void>((resolve) => (changed = resolve))
  return {
    async until(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const match = pattern.exec(text)
        if (match) {
          text = text.slice(match.index + match[0].length)
          return match
        }
        if (isClosed) throw new Error(`closed before ${pattern}, after ${JSON.stringify(text)}`)
        await change()
      }
    },
    async closed(): Promise<string> {
      while (!isClosed) await change()
      return text
    },
  }
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

export interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown
  readonly from?: From
}

/** One request by a connection of its own, with any headers. */
export function ask(port: number, path: string, asking: Asking = {}): Promise<Answered> {
  const { method = 'GET', headers = {}, body, from = HERE } = asking
  const bytes = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const sent = request({
      port,
      host: '127.0.0.1',
      localAddress: from,
      agent: false,
      path,
      method,
      headers: {
        ...(bytes !== undefined && {
          'Content-Type': 'application/json',
          'Content-Length': String(Buffer.byteLength(bytes)),
        }),
        ...headers,
      },
    })
    sent.on('response', (response) => {
      const { statusCode: status = 0, headers: given } = response
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('end', () => resolve({ status, headers: given, text }))
      response.on('error', reject)
    })
    sent.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: '' })
    })
    sent.on('error', reject)
    sent.end(bytes)
  })
}

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

/** How an upgrade request is answered: 101 where it is taken. The socket is let go at once. */
export function askForUpgrade(port: number, headers: Readonly<Record<string, string>>) {
  return ask(port, '/ws', { headers: { ...UPGRADE, ...headers } })
}

/** What a WebSocket has heard after one frame: the frames, and the code of its closing if it has. */
export interface Exchange {
  readonly frame: { readonly type: string; readonly data: Readonly<Record<string, unknown>> }
  /** Resolves with the code when the server closes. */
  closed(): Promise<number>
  end(): void
}

const OPCODE_TEXT = 1
const OPCODE_CLOSE = 8

/** Says one frame of less than 64 KiB by a socket of its own, which stays open. RFC 6455 section 5. */
export function sayByWebSocket(port: number, data: object, from: From = HERE): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const sent = request({
      port,
      host: '127.0.0.1',
      localAddress: from,
      path: '/ws',
      headers: UPGRADE,
    })
    sent.on('error', reject)
    sent.on('response', ({ statusCode }) => reject(new Error(`the upgrade: ${statusCode}`)))
    sent.on('upgrade', (_, socket, head) => {
      const code = Promise.withResolvers<number>()
      let bytes = head
      const read = () => {
        for (let frame = takeFrame(bytes); frame; frame = takeFrame(bytes)) {
          bytes = bytes.subarray(frame.bytes)
          if (frame.opcode === OPCODE_CLOSE) code.resolve(frame.payload.readUInt16BE(0))
          if (frame.opcode !== OPCODE_TEXT) continue
          const said = JSON.parse(frame.payload.toString()) as Exchange['frame']
          resolve({ frame: said, closed: () => code.promise, end: () => socket.destroy() })
        }
      }
      socket.on('data', (more: Buffer) => {
        bytes = Buffer.concat([bytes, more])
        read()
      })
      socket.on('error', () => {})
      socket.on('close', () => code.resolve(1006))
      socket.write(maskedText(JSON.stringify(data)))
      read()
    })
    sent.end()
  })
}

/** A client's frames are masked; a mask of zeros leaves the bytes as they are. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text)
  const isLong = payload.length > 125
  const header = Buffer.alloc(isLong ? 8 : 6)
  header[0] = 0x80 + OPCODE_TEXT
  header[1] = 0x80 + (isLong ? 126 : payload.length)
  if (isLong) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}

function takeFrame(bytes: Buffer) {
  if (bytes.length < 2) return undefined
  const isLong = bytes[1] === 126
  const start = isLong ? 4 : 2
  if (bytes.length < start) return undefined
  const end = start + (isLong ? bytes.readUInt16BE(2) : bytes[1]!)
  if (bytes.length < end) return undefined
  return { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(start, end), bytes: end }
}
