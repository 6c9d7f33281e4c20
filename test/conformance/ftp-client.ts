import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

export interface ClientOptions {
  readonly host?: string
  /** Where it comes from: any of 127.0.0.0/8 will do. */
  readonly localAddress?: string
  /** TLS comes first. */
  readonly isImplicit?: boolean
}

/** A raw client: says lines, reads whole replies. */
export async function openClient(port: number, options: ClientOptions = {}) {
  const { isImplicit = false, host = '127.0.0.1', ...rest } = options
  const to = { port, host, ...rest }
  let socket: Socket = isImplicit
    ? connectTls({ ...to, rejectUnauthorized: false } as ConnectionOptions)
    : connect(to)
  const replies: string[] = []
  const waiting: ((reply: string | undefined) => void)[] = []
  let text = ''
  let isClosed = false
  const onData = (chunk: Buffer): void => {
    text += chunk.toString('utf8')
    for (let reply = takeReply(); reply !== undefined; reply = takeReply()) {
      const next = waiting.shift()
      if (next) next(reply)
      else replies.push(reply)
    }
  }
  const takeReply = (): string | undefined => {
    const match = /^(?:(\d{3}) [^\n]*\n|(\d{3})-[\s\S]*?\n\2 [^\n]*\n)/.exec(text)
    if (!match) return undefined
    text = text.slice(match[0].length)
    return match[0].replaceAll('\r\n', '\n').trimEnd()
  }
  const onClose = (): void => {
    isClosed = true
    for (const next of waiting.splice(0)) next(undefined)
  }
  socket.on('data', onData)
  socket.on('error', () => {})
  socket.on('close', onClose)

  const client = {
    get isClosed() {
      return isClosed
    },
    get socket() {
      return socket
    },
    read(): Promise<string | undefined> {
      if (replies.length > 0) return Promise.resolve(replies.shift())
      if (isClosed) return Promise.resolve(undefined)
      return new Promise((resolve) => waiting.push(resolve))
    },
    async expect(start: string): Promise<string> {
      const reply = await client.read()
      if (!reply?.startsWith(start)) throw new Error(`expected ${start}, got ${reply}`)
      return reply
    },
    write: (bytes: Buffer | string) => void socket.write(bytes),
    async say(line: string, start = ''): Promise<string> {
      socket.write(`${line}\r\n`)
      return await client.expect(start)
    },
    async secure(name = 'TLS'): Promise<void> {
      await client.say(`AUTH ${name}`, '234')
      socket.off('data', onData)
      const plain = socket
      socket = connectTls({ socket: plain, rejectUnauthorized: false })
      socket.on('data', onData)
      socket.on('error', () => {})
      await new Promise((resolve) => socket.once('secureConnect', resolve))
    },
    async passive(): Promise<Socket> {
      const reply = await client.say('EPSV', '229')
      const dataPort = Number(/\|\|\|(\d+)\|/.exec(reply)![1])
      const data = connect({ port: dataPort, host, ...rest })
      data.on('error', () => {})
      await new Promise((resolve, reject) => {
        data.once('connect', resolve)
        data.once('error', reject)
      })
      return data
    },
    /** The last reply of an upload. */
    async store(path: string, content: Buffer | string, verb = 'STOR'): Promise<string> {
      const data = await client.passive()
      const first = await client.say(`${verb} ${path}`)
      if (!first.startsWith('150')) {
        data.destroy()
        return first
      }
      data.end(content)
      return (await client.read()) ?? 'closed'
    },
    async retrieve(command: string): Promise<{ content: Buffer; reply: string }> {
      const data = await client.passive()
      const chunks: Buffer[] = []
      data.on('data', (chunk: Buffer) => chunks.push(chunk))
      const ended = new Promise((resolve) => data.once('close', resolve))
      const first = await client.say(command)
      if (!first.startsWith('150')) {
        data.destroy()
        return { content: Buffer.alloc(0), reply: first }
      }
      await ended
      return { content: Buffer.concat(chunks), reply: (await client.read()) ?? 'closed' }
    },
    /** The names and rows of a listing. */
    async list(command = 'LIST'): Promise<string[]> {
      const { content } = await client.retrieve(command)
      return content.toString('utf8').split('\r\n').filter(Boolean)
    },
    close(): Promise<void> {
      const closed = new Promise<void>((resolve) => {
        if (isClosed) resolve()
        else socket.once('close', () => resolve())
      })
      socket.destroy()
      return closed
    },
  }
  return client
}

export type FtpClient = Awaited<ReturnType<typeof openClient>>

/** Sends all and waits until the server has seen its end. */
export async function sendAll(data: Socket, content: string | Buffer): Promise<void> {
  const ended = new Promise((resolve) => data.once('end', resolve))
  data.resume()
  data.end(content)
  await ended
}
