import { expect, test } from 'vitest'

import { openClient } from '#test/conformance/ftp-client.ts'
import { ADMIN_PASSWORD, VezaProcess } from '#test/e2e/veza-process.ts'

const SIZE = 24 * 1024 * 1024
const FILE = '/incoming/R/a.bin'

async function logIn(veza: VezaProcess) {
  const client = await openClient(veza.ports.ftp)
  await client.expect('220')
  await client.say('USER admin', '331')
  await client.say(`PASS ${ADMIN_PASSWORD}`, '230')
  await client.say('TYPE I', '200')
  return client
}

/** An upload earns three times its size: three downloads' worth. */
test('kill -9 in the middle of downloads costs no credits', { timeout: 120_000 }, async () => {
  const veza = await VezaProcess.create()
  try {
    await veza.start()
    const client = await logIn(veza)
    await client.say('MKD /incoming/R', '257')
    expect(await client.store(FILE, Buffer.alloc(SIZE))).toMatch(/^226/)
    for (let download = 0; download < 3; download++) {
      const unread = await logIn(veza)
      await unread.passive()
      await unread.say(`RETR ${FILE}`, '150')
    }
    expect((await client.retrieve(`RETR ${FILE}`)).reply).toMatch(/^550 Not enough credits/)
    await veza.kill()
    await veza.start()
    const again = await logIn(veza)
    for (let download = 0; download < 3; download++) {
      const { content, reply } = await again.retrieve(`RETR ${FILE}`)
      expect([content.length, reply.slice(0, 3)]).toEqual([SIZE, '226'])
    }
    expect((await again.retrieve(`RETR ${FILE}`)).reply).toMatch(/ and have 0\./)
    await again.close()
  } finally {
    await veza.dispose()
  }
})
