/** Any frame of the server, as a test looks at it. */
export type Frame = Record<string, any>

export interface WsClient {
  readonly socket: WebSocket
  /** All frames so far that no `until` has passed. */
  readonly frames: Frame[]
  send(frame: object | string): void
  /** Sends with an id and resolves with the answer to it. */
  ask(type: string, data?: object, more?: object): Promise<Frame>
  /** Resolves with the frames up to and with the first that fits; they are then taken. */
  until(fits: (frame: Frame) => boolean): Promise<readonly Frame[]>
  /** Resolves with the close code. */
  closed(): Promise<number>
  end(): Promise<void>
}

const PATIENCE_MS = 20_000
let lastId = 0

export async function connectWs(
  port: number,
  protocols: readonly string[] = [],
): Promise<WsClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, [...protocols])
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  const changed = () => {
    for (const wake of waiting) wake()
  }
  let code: number | undefined
  socket.addEventListener('message', ({ data }) => {
    frames.push(JSON.parse(data as string) as Frame)
    changed()
  })
  socket.addEventListener('close', (event) => {
    code = event.code
    changed()
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('the upgrade was refused')))
  })

  async function wait(isDone: () => boolean, describe: () => string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS
    while (!isDone()) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`still waiting: ${describe()}`)
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, left)
        waiting.add(wake)
      })
    }
  }

  const client: WsClient = {
    socket,
    frames,
    send(frame) {
      socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
    },
    async ask(type, data = {}, more = {}) {
      const id = `ask-${++lastId}`
      client.send({ type, id, data, ...more })
      const isAnswer = (frame: Frame) => frame.id === id
      await wait(
        () => frames.some(isAnswer) || code !== undefined,
        () => `${type} ${id}`,
      )
      const index = frames.findIndex(isAnswer)
      if (index < 0) throw new Error(`closed with ${code} before the answer to ${type}`)
      return frames.splice(index, 1)[0]!
    },
    async until(fits) {
      await wait(
        () => frames.some(fits),
        () => JSON.stringify(frames.slice(-5)),
      )
      return frames.splice(0, frames.findIndex(fits) + 1)
    },
    async closed() {
      await wait(
        () => code !== undefined,
        () => 'the close',
      )
      return code!
    },
    async end() {
      socket.close()
      await client.closed()
    },
  }
  return client
}

export async function logInWs(port: number, username: string): Promise<WsClient> {
  const client = await connectWs(port)
  const answer = await client.ask('authenticate', { username, password: 'password' })
  if (answer.type !== 'ack') throw new Error(JSON.stringify(answer))
  return client
}
