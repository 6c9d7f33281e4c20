import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { connectIrc, type IrcClient } from '#test/conformance/irc-client.ts'
import { type IrcTestServer, startIrc } from '#test/conformance/irc-server.ts'

let server: IrcTestServer
let client: IrcClient

beforeEach(async () => {
  server = await startIrc(['Alice'])
  client = await connectIrc(server.port)
  client.send('CAP LS 302', 'CAP REQ :sasl', 'NICK alice', 'USER alice 0 * :Alice')
  await client.until(/ ACK :?sasl/)
})
afterEach(async () => {
  client.socket.destroy()
  await server.stop()
})

const base64 = (text: string) => Buffer.from(text).toString('base64')
const plain = (name: string, password: string, as = '') => base64(`${as}\0${name}\0${password}`)

async function authenticate(mechanism: string, ...messages: readonly string[]) {
  client.send(`AUTHENTICATE ${mechanism}`)
  await client.until(/^AUTHENTICATE \+$/)
  client.send(...messages.map((each) => `AUTHENTICATE ${each}`))
}

describe('PLAIN', () => {
  it('lets in by password, and the welcome waits for CAP END', async () => {
    await authenticate('PLAIN', plain('alice', 'password'))
    expect(await client.until(/ 903 /)).toEqual([
      ':veza 900 alice alice!*@* Alice :You are now logged in as Alice',
      ':veza 903 alice :SASL authentication successful',
    ])
    client.send('CAP END')
    expect((await client.until(/ 422 | 376 /))[0]).toContain(' 001 Alice ')
  })

  it('lets in by an API token', async () => {
    const { apiTokens, ids } = server.system
    const context = { by: 'alice', connection: null, commandId: ids.next() }
    const made = { label: 'irc', scopes: ['chat', 'read'] as const, expiresAt: null }
    const { text } = await apiTokens.create('alice', made, context)
    await authenticate('PLAIN', plain('alice', text))
    await client.until(/ 903 /)
    client.send('CAP END', 'JOIN #site')
    await client.until(/ 366 /)
  })

  it('says no to a wrong password, and can be tried again', async () => {
    await authenticate('PLAIN', plain('alice', 'wrong'))
    expect(await client.until(/ 904 /)).toEqual([':veza 904 alice :Login incorrect.'])
    await authenticate('PLAIN', plain('Alice', 'password', 'alice'))
    await client.until(/ 903 /)
  })

  it.each([
    ['no base64 of three parts', base64('alice')],
    ['four parts', base64('\0alice\0password\0x')],
    ['nobody’s name', base64('\0\0password')],
    ['to be somebody else', plain('alice', 'password', 'bob')],
    ['nothing', '+'],
  ])('refuses %s', async (_, message) => {
    await authenticate('PLAIN', message)
    await client.until(/ 904 /)
  })

  it('takes long messages in pieces, and refuses a flood', async () => {
    const long = plain('alice', 'x'.repeat(600))
    await authenticate('PLAIN', long.slice(0, 400), long.slice(400, 800), long.slice(800))
    await client.until(/ 904 /)
    client.send('AUTHENTICATE PLAIN')
    await client.until(/^AUTHENTICATE \+$/)
    client.send(...Array.from({ length: 21 }, () => `AUTHENTICATE ${'A'.repeat(400)}`))
    expect(await client.until(/ 905 /)).toEqual([':veza 905 alice :SASL message too long'])
  })

  it('can be given up, and is not spoken without the capability', async () => {
    client.send('AUTHENTICATE PLAIN')
    await client.until(/^AUTHENTICATE \+$/)
    client.send('AUTHENTICATE *')
    await client.until(/ 906 /)
    const other = await connectIrc(server.port)
    other.send('NICK x', 'AUTHENTICATE PLAIN')
    await other.until(/ 904 /)
    await other.end()
  })

  it('sends away who keeps guessing', async () => {
    for (let time = 0; time < 10; time++) await authenticate('PLAIN', base64('x'))
    expect((await client.closed()).at(-1)).toContain('Too many failed logins')
  })
})

it('names its mechanisms to who asks for another', async () => {
  client.send('AUTHENTICATE EXTERNAL')
  expect(await client.until(/ 904 /)).toEqual([
    ':veza 908 alice PLAIN,SCRAM-SHA-256 :are available SASL mechanisms',
    ':veza 904 alice :SASL authentication failed',
  ])
})

describe('SCRAM-SHA-256', () => {
  /** The client's side of RFC 5802 section 3. */
  async function scram(name: string, password: string) {
    const bare = `n=${name},r=rOprNGfwEbeRWgbNEkqO`
    await authenticate('SCRAM-SHA-256', base64(`n,,${bare}`))
    const [line] = await client.until(/^AUTHENTICATE [^+]/)
    const first = Buffer.from(line!.split(' ')[1]!, 'base64').toString()
    const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(first)!
    const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
    const salted = pbkdf2Sync(
      password,
      Buffer.from(salt!, 'base64'),
      Number(iterations),
      32,
      'sha256',
    )
    const clientKey = hmac(salted, 'Client Key')
    const final = `c=${base64('n,,')},r=${nonce}`
    const message = `${bare},${first},${final}`
    const signature = hmac(createHash('sha256').update(clientKey).digest(), message)
    const proof = clientKey.map((byte, at) => byte ^ signature[at]!)
    client.send(`AUTHENTICATE ${base64(`${final},p=${Buffer.from(proof).toString('base64')}`)}`)
    const expected = hmac(hmac(salted, 'Server Key'), message).toString('base64')
    return { expected, iterations: Number(iterations), salt }
  }

  it('lets in without the password crossing the wire, and proves the server too', async () => {
    const { expected } = await scram('alice', 'password')
    const [line] = await client.until(/^AUTHENTICATE [^+]/)
    expect(Buffer.from(line!.split(' ')[1]!, 'base64').toString()).toBe(`v=${expected}`)
    client.send('AUTHENTICATE +')
    await client.until(/ 903 /)
    client.send('CAP END')
    expect((await client.until(/ 422 | 376 /))[0]).toContain(' 001 Alice ')
  })

  it('challenges names that nobody has like the others, the same way each time', async () => {
    const real = await scram('alice', 'wrong')
    await client.until(/ 904 /)
    const one = await scram('nobody', 'guess')
    await client.until(/ 904 /)
    const again = await scram('nobody', 'guess')
    await client.until(/ 904 /)
    expect(one.iterations).toBe(real.iterations)
    expect(one.salt).toHaveLength(real.salt!.length)
    expect(again.salt).toBe(one.salt)
  })

  it.each(['p=tls-unique,,n=alice,r=abcdefghijk', 'n,,n=alice', 'n,,n=,r=abcdefghijk', 'y'])(
    'refuses %s',
    async (message) => {
      await authenticate('SCRAM-SHA-256', base64(message))
      await client.until(/ 904 /)
    },
  )
})
