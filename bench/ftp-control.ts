import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

export interface FtpAccount {
  readonly port: number
  readonly user: string
  readonly password: string
}

/** A control connection that looks at as little of a reply as it can. */
export class FtpControl {
  #socket: Socket
  #tail = ''
  #waiting: ((reply: string) => void)[] = []
  #failed: ((cause: Error) => void)[] = []
  #replies: string[] = []

  private constructor(socket: Socket) {
    this.#socket = this.#hear(socket)
  }

  static async open({ port, user, password }: FtpAccount, isSecured = false): Promise<FtpControl> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const control = new FtpControl(socket)
    await control.#expect('220')
    if (isSecured) {
      await control.say('AUTH TLS', '234')
      socket.removeAllListeners('data')
      const secured = connectTls({ socket, rejectUnauthorized: false })
      control.#socket = control.#hear(secured)
    }
    await control.say(`USER ${user}`, '331')
    await control.say(`PASS ${password}`, '230')
    if (isSecured) {
      await control.say('PBSZ 0', '200')
      await control.say('PROT P', '200')
    }
    return control
  }

  /** Resolves with the reply, multi-line ones whole; rejects unless it begins like that. */
  async say(line: string, start: string): Promise<string> {
    this.#socket.write(`${line}\r\n`)
    return await this.#expect(start)
  }

  /** Where the next data connection goes. */
  async passive(): Promise<number> {
    return Number(/\|\|\|(\d+)\|/.exec(await this.say('EPSV', '229'))![1])
  }

  /** For a data connection after the reply 150: its TLS, with the session of this connection. */
  get session(): Buffer | undefined {
    return (this.#socket as TLSSocket).getSession?.()
  }

  last(start: string): Promise<string> {
    return this.#expect(start)
  }

  close(): void {
    this.#socket.destroy()
  }

  async #expect(start: string): Promise<string> {
    const reply = this.#replies.shift() ?? (await this.#next())
    if (!reply.startsWith(start)) throw new Error(`expected ${start}, got ${reply.slice(0, 300)}`)
    return reply
  }

  #next(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve)
      this.#failed.push(reject)
    })
  }

  #hear(socket: Socket): Socket {
    socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')))
    const end = (): void => {
      for (const fail of this.#failed.splice(0)) fail(new Error('the control connection ended'))
    }
    socket.on('error', end)
    socket.on('close', end)
    return socket
  }

  /** A reply ends with a line that has its code and a space: in big ones only the end is searched. */
  #take(text: string): void {
    this.#tail += text
    while (this.#tail.endsWith('\n') || this.#tail.includes('\n')) {
      const code = this.#tail.slice(0, 3)
      const end = this.#tail[3] === ' ' ? 0 : this.#tail.lastIndexOf(`\n${code} `) + 1
      if (end === 0 && this.#tail[3] !== ' ') return
      const newline = this.#tail.indexOf('\n', end)
      if (newline < 0) return
      const reply = this.#tail.slice(0, newline + 1)
      this.#tail = this.#tail.slice(newline + 1)
      this.#failed.shift()
      const next = this.#waiting.shift()
      if (next) next(reply)
      else this.#replies.push(reply)
    }
  }
}
