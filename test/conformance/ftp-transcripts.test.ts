import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { protocolTranscripts } from '#test/conformance/ftp-transcripts-protocol.ts'
import { transcripts } from '#test/conformance/ftp-transcripts.ts'

describe('over a live gateway', () => {
  let ftp: FtpFixture
  beforeAll(async () => {
    ftp = await startFtp()
    await ftp.system.addMember({ name: 'ana' })
    const ana = await ftp.login()
    await ana.say('MKD /incoming/Kept-A', '257')
    await ana.store('/incoming/Kept-A/a b.bin', 'hello, world')
    await ana.close()
  })
  afterAll(() => ftp.stop())

  test.each(Object.entries({ ...transcripts, ...protocolTranscripts }))(
    '%s',
    async (_name, transcript) => {
      const lines = transcript
        .trim()
        .split('\n')
        .map((line) => line.trim())
      const client = lines[0] === 'LOGIN' ? await ftp.login() : await ftp.connect()
      for (const line of lines) {
        if (line.startsWith('C:')) client.write(`${line.slice(3)}\r\n`)
        else if (line.startsWith('S:')) await client.expect(line.slice(3))
        else if (line.startsWith('TLS')) await client.secure(line.slice(4) || undefined)
        else if (line === 'closed') expect(await client.read()).toBeUndefined()
      }
      await client.close()
    },
  )
})
