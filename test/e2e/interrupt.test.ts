import { expect, test } from 'vitest'

import { connectIrc } from '#test/conformance/irc-client.ts'
import { VezaProcess } from '#test/e2e/veza-process.ts'

/** What a terminal does at Ctrl-C: every process of the group gets SIGINT, the helpers too. */
test('Ctrl-C says goodbye, stops in order and exits with 0', async () => {
  const veza = await VezaProcess.create({ hasOwnGroup: true })
  try {
    await veza.start()
    const irc = await connectIrc(veza.ports.irc)
    irc.send('PASS admin:gate-lantern-42', 'NICK admin', 'USER admin 0 * :Admin')
    await irc.until(/ 001 /)
    expect(await veza.interruptGroup()).toBe(0)
    expect((await irc.closed()).join('\n')).toMatch(/^ERROR :/m)
    expect(veza.errors).not.toMatch(/"level":[456]0/)
    expect((await veza.run('replay', '--verify')).code).toBe(0)
  } finally {
    await veza.dispose()
  }
})
