import { afterEach, beforeEach, expect, it } from 'vitest'

import type { AccountCommand } from '#actors/account/account.commands.ts'
import { openLines } from '#test/conformance/attack-sockets.ts'
import { type Site, startSite } from '#test/conformance/attack.fixture.ts'

let site: Site

beforeEach(async () => {
  site = await startSite()
})
afterEach(() => site.stop())

/** SASL is over, and the welcome waits for CAP END. */
async function atTheDoor() {
  const client = await openLines(site.ircPort)
  const proof = Buffer.from('\0alice\0password').toString('base64')
  client.send('CAP LS 302', 'CAP REQ :sasl', 'NICK alice', 'USER alice 0 * :x')
  client.send('AUTHENTICATE PLAIN', `AUTHENTICATE ${proof}`)
  await client.until(/ 903 /)
  return client
}

const COMMANDS: readonly AccountCommand[] = [
  { type: 'account.set-password', credential: '01890000-0000-4000-8000-000000000000' },
  { type: 'account.ban', until: null, reason: 'x' },
  { type: 'account.delete', reason: 'x' },
  { type: 'account.deactivate', reason: 'x' },
]

it.each(COMMANDS)(
  'who has proved to be alice before $type does not come in by it',
  async (command) => {
    const client = await atTheDoor()
    const context = { by: 'root', connection: null, commandId: site.system.ids.next() }
    await site.system.host.send({ kind: 'account', id: 'alice' }, command, context)
    client.send('CAP END')
    const [outcome] = await client.until(/ 001 |ERROR /)
    expect(outcome).toBe('ERROR ')
    client.end()
  },
)
