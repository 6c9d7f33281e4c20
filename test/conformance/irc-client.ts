import { connect, type Socket } from 'node:net'

/** A raw IRC client for transcripts: lines out, lines in, nothing hidden. */
export interface IrcClient {
  readonly socket: Socket
  /** All lines so far that no `until` has passed. */
  readonly lines: string[]
  send(...lines: readonly string[]): void
  /** Resolves with the lines up to and with the first that matches; they are then taken. */
  until(pattern: RegExp): Promise<readonly string[]>
  /** Resolves with every line that was left when the server has closed. */
  closed(): Promise<readonly string[]>
  end(): Promise<void>
}

const PATIENCE_MS = 10_000

export async function connectIrc(port: number): Promise<IrcClient> {
  const socket = connect({ port, host: '127.0.0.1' })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const lines: string[] = []
  let rest = ''
  let changed = () => {}
  let isClosed = false
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const parts = (rest + text).split('\r\n')
    rest = parts.pop()!
    lines.push(...parts)
    changed()
  })
  socket.on('error', () => changed())
  socket.on('close', () => {
    isClosed = true
    changed()
  })

  async function wait(what: string, isDone: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS
    while (!isDone()) {
      const left = deadline - Date.now()
      if (left <= 0 || (isClosed && what !== 'the end')) {
        throw new Error(`no ${what} in:\n${lines.join('\n')}`)
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        changed = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  return {
    socket,
    lines,
    send(...out) {
      socket.write(out.map((line) => `${line}\r\n`).join(''))
    },
    async until(pattern) {
      await wait(`${pattern}`, () => lines.some((line) => pattern.test(line)))
      return lines.splice(0, lines.findIndex((line) => pattern.test(line)) + 1)
    },
    async closed() {
      await wait('the end', () => isClosed)
      return lines.splice(0)
    },
    async end() {
      socket.end()
      await wait('the end', () => isClosed)
    },
  }
}

/** Logs in; resolves when the welcome is over. */
export async function logIn(
  port: number,
  name: string,
  { caps = '', password = 'password' } = {},
): Promise<IrcClient> {
  const client = await connectIrc(port)
  if (caps) client.send('CAP LS 302', `CAP REQ :${caps}`)
  client.send(`PASS ${name}:${password}`, `NICK ${name}`, `USER ${name} 0 * :${name}`)
  if (caps) client.send('CAP END')
  await client.until(/ (376|422) /)
  return client
}
