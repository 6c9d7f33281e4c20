import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { DataPump } from '#events/data-pump.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { createDataPump } from '#infra/data-pump/data-pump.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'

const CONTENT = randomBytes(3_000_000)
const SENT = 1_200_000

let ftp: FtpFixture
let count = 0
let pump: DataPump | undefined

/** Who moves the bytes; the pump only where there is one. */
const WAYS = [
  ['through the event loop', () => undefined],
  ['by the pump', createDataPump],
] as const

async function lastFact(file: string): Promise<string> {
  let last = ''
  for await (const { type, data } of ftp.system.log.readAll({ kinds: ['race'] })) {
    if ((data as { file?: string }).file === file) last = type
  }
  return last
}

/** An upload of which a part has come; `raw` is what TLS, if there is any, goes over. */
async function beginUpload(isSecured: boolean, file: string) {
  const client = isSecured ? await ftp.loginSecured() : await ftp.login()
  const raw = await client.passive()
  client.write(`STOR /incoming/R/${file}\r\n`)
  const data = isSecured ? await securedOver(raw) : raw
  await client.expect('150')
  data.write(CONTENT.subarray(0, SENT))
  while (!(await client.say('STAT', '213')).includes(` ${SENT} bytes`));
  return { client, raw }
}

async function securedOver(raw: Socket): Promise<Socket> {
  const data = connectTls({ socket: raw, rejectUnauthorized: false })
  data.on('error', () => {})
  await new Promise((resolve) => data.once('secureConnect', resolve))
  return data
}

interface Cut {
  readonly client: FtpClient
  readonly raw: Socket
}

/** Ways in which a client, or the net between, is gone from one moment to the next. */
const CUTS: Readonly<Record<string, (cut: Cut) => Promise<unknown> | void>> = {
  'the control connection, while bytes flow': ({ client }) => client.close(),
  'the control connection, reset': ({ client }) => void client.socket.resetAndDestroy(),
  'the data connection, reset': ({ raw }) => void raw.resetAndDestroy(),
  'both, as when the client is killed': ({ client, raw }) => {
    raw.destroy()
    return client.close()
  },
  'both, reset, as when its machine is': ({ client, raw }) => {
    raw.resetAndDestroy()
    client.socket.resetAndDestroy()
  },
}

describe.each(WAYS)('%s', (_way, createPump) => {
  beforeAll(async () => {
    pump = await createPump()
    ftp = await startFtp({ pump })
    await ftp.system.addMember({ name: 'ana' })
    const ana = await ftp.login()
    await ana.say('MKD /incoming/R', '257')
    await ana.close()
  })
  afterAll(async () => {
    await ftp.stop()
    await pump?.stop()
  })

  describe.each([
    ['plain', false],
    ['over TLS, without its last words', true],
  ])('%s', (_, isSecured) => {
    // Node resets no connection that TLS goes over.
    const cuts = Object.entries(CUTS).filter(([name]) => !isSecured || !name.includes('reset'))
    test.each(cuts)('%s: the upload is not whole and goes on later', async (_cut, cut) => {
      const file = `file-${count++}.bin`
      const begun = await beginUpload(isSecured, file)
      await cut(begun)
      while ((await lastFact(file)) === 'race.upload-started') {
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(await lastFact(file)).toBe('race.upload-aborted')
      await begun.client.close()
      begun.raw.destroy()

      const again = await ftp.login()
      await again.say('CWD /incoming/R', '250')
      expect(await again.list('NLST')).not.toContain(file)
      expect((await again.retrieve(`RETR ${file}`)).reply).toMatch(/^550/)
      const size = Number((await again.say(`SIZE ${file}`, '213')).slice(4))
      expect(size).toBe(SENT)
      await again.say(`REST ${size}`, '350')
      expect(await again.store(file, CONTENT.subarray(size))).toMatch(/^226/)
      expect((await readFile(ftp.sitePath('incoming', 'R', file))).equals(CONTENT)).toBe(true)
      expect(await readdir(ftp.stagingPath())).toEqual([])
      await again.close()
    })
  })
})
