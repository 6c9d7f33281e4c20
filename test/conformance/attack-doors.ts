import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

import {
  type From,
  type LineClient,
  openLines,
  sayByWebSocket,
} from '#test/conformance/attack-sockets.ts'
import type { Site } from '#test/conformance/attack.fixture.ts'

export interface Attempt {
  readonly name: string
  readonly password: string
  readonly from: From
}

/** `in`, `wrong`, `locked`, or what else was said. */
export type Door = (site: Site, attempt: Attempt) => Promise<string>

const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/login-incorrect|Login incorrect|\b464\b/, 'wrong'],
  [/locked-out|Too many failed logins; try again in \d+ seconds/, 'locked'],
]

function outcomeOf(text: string, isIn: boolean): string {
  return isIn ? 'in' : (KNOWN.find(([pattern]) => pattern.test(text))?.[1] ?? text)
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

const ftp: Door = async (site, { name, password, from }) => {
  const client = await openLines(site.ftpPort, from)
  client.send(`USER ${name}`, `PASS ${password}`)
  await client.until(/331 .*\r\n/)
  const [said, code] = await client.until(/(\d{3}) .*\r\n/)
  client.end()
  return outcomeOf(said, code === '230')
}

const ircPass: Door = async (site, { name, password, from }) => {
  const client = await openLines(site.ircPort, from)
  client.send(`PASS :${name}:${password}`, `NICK ${name}`, `USER ${name} 0 * :${name}`)
  const [said, code] = await client.until(/(?: (001|464) |ERROR :).*\r\n/)
  client.end()
  return outcomeOf(said, code === '001')
}

async function sasl(
  site: Site,
  { from }: Attempt,
  mechanism: string,
  exchange: (client: LineClient) => Promise<void>,
) {
  const client = await openLines(site.ircPort, from)
  client.send('CAP LS 302', 'CAP REQ :sasl', `AUTHENTICATE ${mechanism}`)
  await client.until(/AUTHENTICATE \+\r\n/)
  await exchange(client)
  const [said, code] = await client.until(/ (903|904) .*\r\n/)
  client.end()
  return outcomeOf(said, code === '903')
}

const saslPlain: Door = (site, attempt) =>
  sasl(site, attempt, 'PLAIN', async (client) => {
    client.send(`AUTHENTICATE ${base64(`\0${attempt.name}\0${attempt.password}`)}`)
  })

/** RFC 5802 section 3, the client's side. */
const saslScram: Door = (site, attempt) =>
  sasl(site, attempt, 'SCRAM-SHA-256', async (client) => {
    const first = `n=${attempt.name},r=rOprNGfwEbeRWgbNEkqO`
    client.send(`AUTHENTICATE ${base64(`n,,${first}`)}`)
    const [, encoded = ''] = await client.until(/AUTHENTICATE ([^+\r]+)\r\n/)
    const challenge = Buffer.from(encoded, 'base64').toString()
    const [, nonce, salt = '', rounds] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge)!
    const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
    const saltBytes = Buffer.from(salt, 'base64')
    const salted = pbkdf2Sync(attempt.password, saltBytes, Number(rounds), 32, 'sha256')
    const key = hmac(salted, 'Client Key')
    const final = `c=${base64('n,,')},r=${nonce}`
    const stored = createHash('sha256').update(key).digest()
    const signature = hmac(stored, `${first},${challenge},${final}`)
    const proof = Buffer.from(key.map((byte, at) => byte ^ signature[at]!)).toString('base64')
    // The last line says that the server's own proof has come, or nothing when it has not.
    client.send(`AUTHENTICATE ${base64(`${final},p=${proof}`)}`, 'AUTHENTICATE +')
  })

const httpBasic: Door = async (site, { name, password, from }) => {
  const headers = { Authorization: `Basic ${base64(`${name}:${password}`)}` }
  const { status, text } = await site.ask('/api/v1/me/mfa', { headers, from })
  return outcomeOf(text, status === 200)
}

const httpLogin: Door = async (site, { name: username, password, from }) => {
  const body = { username, password }
  const { status, text } = await site.ask('/api/v1/auth/login', { method: 'POST', body, from })
  return outcomeOf(text, status === 200)
}

const webSocket: Door = async (site, { name: username, password, from }) => {
  const frame = { type: 'authenticate', id: 1, data: { username, password } }
  const said = await sayByWebSocket(site.httpPort, frame, from)
  said.end()
  return outcomeOf(JSON.stringify(said.frame), said.frame.type === 'ack')
}

/** Every way by which a name and a password let in. */
export const DOORS = {
  ftp,
  'IRC PASS': ircPass,
  'SASL PLAIN': saslPlain,
  'SASL SCRAM': saslScram,
  'HTTP Basic': httpBasic,
  'HTTP login': httpLogin,
  WebSocket: webSocket,
} as const satisfies Readonly<Record<string, Door>>
