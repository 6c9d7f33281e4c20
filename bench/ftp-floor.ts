// A bare Node server that knows just enough FTP for the benchmark: no log, no checksum, no rules.
import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'

const [folder = '', pemFile = ''] = process.argv.slice(2)
const pem = readFileSync(pemFile)
const secureContext = createSecureContext({ cert: pem, key: pem })
const secured = (socket: Socket): Socket => new TLSSocket(socket, { isServer: true, secureContext })

async function rows(path: string): Promise<string> {
  const names = await readdir(path)
  const lines = names.map(async (name) => {
    const { size, mtime } = await stat(join(path, name))
    const time = mtime.toISOString().slice(5, 16).replace('T', ' ')
    return `-rw-r--r-- 1 bench bench ${size} ${time} ${name}\r\n`
  })
  return (await Promise.all(lines)).join('')
}

function serve(plain: Socket): void {
  plain.setNoDelay(true)
  let control = plain
  let data: Promise<Socket> | undefined
  let passive: Server | undefined
  let isProtected = false
  const say = (line: string): void => void control.write(`${line}\r\n`)

  const open = async (): Promise<Socket> => {
    const socket = await data!
    say('150 ok')
    const used = isProtected ? secured(socket) : socket
    used.on('error', () => socket.destroy())
    return used
  }
  const commands: Record<string, (path: string) => void | Promise<void>> = {
    AUTH() {
      say('234 ok')
      plain.removeAllListeners('data')
      control = secured(plain)
      listen()
    },
    USER: () => say('331 ok'),
    PASS: () => say('230 ok'),
    PROT() {
      isProtected = true
      say('200 ok')
    },
    EPSV() {
      passive = createServer({ allowHalfOpen: true, pauseOnConnect: true })
      data = new Promise((resolve) => passive!.once('connection', resolve))
      data.then(() => passive!.close()).catch(() => {})
      passive.listen(0, '127.0.0.1', () => {
        say(`229 ok (|||${(passive!.address() as { port: number }).port}|)`)
      })
    },
    async RETR(path) {
      createReadStream(path, { highWaterMark: 256 * 1024 })
        .pipe(await open())
        .once('finish', () => say('226 ok'))
    },
    async STOR(path) {
      const socket = await open()
      socket.pipe(createWriteStream(path)).once('finish', () => {
        socket.end()
        say('226 ok')
      })
    },
    async LIST(path) {
      const socket = await open()
      socket.end(await rows(path), () => say('226 ok'))
    },
    async STAT(path) {
      say(`213-ok\r\n${await rows(path.replace('-l ', ''))}213 ok`)
    },
  }
  function listen(): void {
    let tail = ''
    control.on('error', () => plain.destroy())
    control.on('data', (chunk: Buffer) => {
      const lines = (tail + chunk.toString()).split('\r\n')
      tail = lines.pop()!
      for (const line of lines) {
        const [verb = '', ...rest] = line.split(' ')
        const argument = rest.join(' ').replace('/files', folder)
        const run = commands[verb]
        if (run) void run(argument)
        else say('200 ok')
      }
    })
  }
  listen()
  say('220 ok')
}

const server = createServer(serve).listen(0, '127.0.0.1', () => {
  process.send!((server.address() as { port: number }).port)
})
