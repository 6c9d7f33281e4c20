// The clients of bench/logins.ts, in a thread of their own so that they do not slow the server.
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

/** What the thread is to do; it answers with one message. */
export type Work =
  | {
      readonly kind: 'logins'
      readonly port: number
      /** Logins at a time, and how long to go on. */
      readonly inFlight: number
      readonly seconds: number
    }
  | {
      readonly kind: 'probes'
      readonly ports: { readonly ftp: number; readonly irc: number; readonly http: number }
      readonly seconds: number
    }
  | {
      readonly kind: 'guesses'
      readonly ports: { readonly ftp: number; readonly http: number }
      /** Per sort of name, one of each after the other. */
      readonly rounds: number
    }

export const MEMBERS = 100
export const PASSWORD = 'a password that is not common'
export const PROBES = ['FTP NOOP', 'IRC PING', 'WebSocket ping', 'GET /healthz'] as const
export const SORTS = ['wrong password', 'unknown name', 'locked name'] as const
/** Answered logins and the time that they took; or milliseconds by what was measured. */
export type Told =
  | { readonly logins: number; readonly seconds: number }
  | { readonly ms: Readonly<Record<string, readonly number[]>> }

/** Of a member, of nobody, of a member who is locked out. */
const NAMES: Readonly<Record<(typeof SORTS)[number], (index: number) => string>> = {
  'wrong password': (index) => `member${index % MEMBERS}`,
  'unknown name': (index) => `nobody${index}`,
  'locked name': (index) => `locked${index % MEMBERS}`,
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const sourceOf = (index: number) => `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`

function post(port: number, name: string, password: string, more: object = {}): Promise<number> {
  const body = JSON.stringify({ username: name, password })
  return new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
    }
    const path = '/api/v1/auth/login'
    const options = { port, host: '127.0.0.1', path, method: 'POST', headers, ...more }
    const sent = request(options, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function logIn({ port, inFlight, seconds }: Extract<Work, { kind: 'logins' }>) {
  let logins = 0
  const startedAt = performance.now()
  const endAt = startedAt + seconds * 1_000
  const one = async (index: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (performance.now() < endAt) {
      const status = await post(port, `member${index % MEMBERS}`, PASSWORD, {
        agent,
        localAddress: sourceOf(index),
      })
      if (status !== 200) throw new Error(`a login was answered with ${status}`)
      logins++
    }
    agent.destroy()
  }
  await Promise.all(Array.from({ length: inFlight }, (_, index) => one(index)))
  return { logins, seconds: (performance.now() - startedAt) / 1_000 }
}

/** One connection: what it says, and how its answers are counted. */
interface Probe {
  ask(): void
  end(): void
}

type Answered = () => void

/** A line protocol: greeting and login first, then one line out, one line in. */
function lineProbe(port: number, first: string, ready: RegExp, line: string, answered: Answered) {
  return new Promise<Probe>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let text = ''
    let isReady = false
    socket.setEncoding('latin1')
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`closed after ${text}`)))
    socket.write(first)
    socket.on('data', (more) => {
      text += String(more)
      if (isReady) {
        for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
          text = text.slice(at + 1)
          answered()
        }
        return
      }
      if (!ready.test(text)) return
      isReady = true
      text = ''
      resolve({ ask: () => void socket.write(line), end: () => void socket.destroy() })
    })
  })
}

function webSocketProbe(port: number, answered: Answered): Promise<Probe> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
    socket.addEventListener('error', () => reject(new Error('no WebSocket')))
    socket.addEventListener('message', answered)
    const ask = () => socket.send('{"type":"ping"}')
    socket.addEventListener('open', () => resolve({ ask, end: () => socket.close() }))
  })
}

async function httpProbe(port: number, answered: Answered): Promise<Probe> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const ask = () =>
    void request({ port, host: '127.0.0.1', path: '/healthz', agent }, (response) => {
      response.resume()
      response.on('end', answered)
    }).end()
  return { ask, end: () => agent.destroy() }
}

/** Each millisecond one of the probes asks, whether or not it has been answered before. */
async function probe({ ports, seconds }: Extract<Work, { kind: 'probes' }>) {
  const ms: Record<string, number[]> = {}
  const asked: Record<string, number[]> = {}
  const count = (name: string) => () => {
    const at = asked[name]!.shift()
    if (at !== undefined) ms[name]!.push(performance.now() - at)
  }
  for (const name of PROBES) [ms[name], asked[name]] = [[], []]
  const user = 'USER member0\r\n'
  const probes: Readonly<Record<(typeof PROBES)[number], Probe>> = {
    'FTP NOOP': await lineProbe(
      ports.ftp,
      `${user}PASS ${PASSWORD}\r\n`,
      /^230 /m,
      'NOOP\r\n',
      count('FTP NOOP'),
    ),
    'IRC PING': await lineProbe(
      ports.irc,
      `PASS :member1:${PASSWORD}\r\nNICK member1\r\nUSER member1 0 * :x\r\n`,
      / (?:376|422) /,
      'PING x\r\n',
      count('IRC PING'),
    ),
    'WebSocket ping': await webSocketProbe(ports.http, count('WebSocket ping')),
    'GET /healthz': await httpProbe(ports.http, count('GET /healthz')),
  }
  const endAt = performance.now() + seconds * 1_000
  for (let turn = 0; performance.now() < endAt; turn++) {
    const name = PROBES[turn % PROBES.length]!
    asked[name]!.push(performance.now())
    probes[name].ask()
    await sleep(1)
  }
  while (Object.values(asked).some(({ length }) => length > 0)) await sleep(1)
  for (const each of Object.values(probes)) each.end()
  return { ms }
}

/** What is said to each reply of FTP before the last one. */
const FTP_SAYS: Readonly<Record<string, (name: string) => string>> = {
  220: (name) => `USER ${name}\r\n`,
  331: () => 'PASS wrong\r\n',
}

/** Milliseconds until FTP has said no, on a connection of its own. */
function guessByFtp(port: number, name: string, localAddress: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true })
    let askedAt = 0
    socket.setEncoding('latin1')
    socket.once('error', reject)
    socket.on('data', (reply) => {
      const next = FTP_SAYS[String(reply).slice(0, 3)]
      const ms = performance.now() - askedAt
      askedAt = performance.now()
      if (next) return void socket.write(next(name))
      socket.destroy()
      if (String(reply).startsWith('530 ')) resolve(ms)
      else reject(new Error(`a guess was answered with ${String(reply)}`))
    })
  })
}

async function guessByHttp(port: number, name: string, localAddress: string): Promise<number> {
  const startedAt = performance.now()
  const status = await post(port, name, 'wrong', { localAddress, agent: false })
  if (status !== 401 && status !== 429) throw new Error(`a guess was answered with ${status}`)
  return performance.now() - startedAt
}

/** In turns, so that what happens to the machine meanwhile happens to all of them. */
async function guess({ ports, rounds }: Extract<Work, { kind: 'guesses' }>) {
  const ms: Record<string, number[]> = {}
  for (let round = 0; round < rounds; round++) {
    // Each sort comes first as often as the others.
    for (let turn = 0; turn < SORTS.length; turn++) {
      const sort = SORTS[(round + turn) % SORTS.length]!
      const name = NAMES[sort](round)
      // From another address each round: it is not what is locked.
      const from = sourceOf(round)
      const byHttp = (ms[`HTTP login, ${sort}`] ??= [])
      byHttp.push(await guessByHttp(ports.http, name, from))
      const byFtp = (ms[`FTP PASS, ${sort}`] ??= [])
      byFtp.push(await guessByFtp(ports.ftp, name, from))
    }
  }
  return { ms }
}

function told(work: Work): Promise<Told> {
  if (work.kind === 'logins') return logIn(work)
  return work.kind === 'probes' ? probe(work) : guess(work)
}

if (parentPort) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort.postMessage(await told(workerData as Work))
}
