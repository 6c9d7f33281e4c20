import fc from 'fast-check'
import { expect, test } from 'vitest'

import { commands } from '#gateways/ftp/commands.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { startFtp } from '#test/conformance/ftp-fixture.ts'

/** Arguments that some command takes, or takes amiss. */
const SEEDS = [
  '',
  ' ',
  '/',
  '..',
  '/incoming/Fuzz-A/a.bin',
  '"/incoming/Fuzz-A/a.bin" 1 2',
  '"unfinished',
  '/incoming/Fuzz-A/a.bin 0 99999999999999999999',
  '127,0,0,1,30,30',
  '|1|127.0.0.1|30000|',
  '|2|::1|30000|',
  '|||||',
  'ALL',
  '1',
  'ON',
  'OFF',
  'A',
  'I',
  'P',
  'RETR /incoming/Fuzz-A/a.bin',
  'STOR a',
  'STOR',
  'LIST -la',
  'HASH MD5',
  'MLST size;nonsense;=',
  '0 4',
  '9007199254740993 9007199254740993',
  'joe@10.0.0.1:host',
  '20200101000000 a',
  'modify=1;x=; a',
  '!ana',
  '__proto__',
  '\0',
  '%s%n',
]

/** Those that end the session, or that others' tests own. */
const LEFT_OUT = new Set(['QUIT', 'USER', 'PASS', 'AUTH', 'SITE'])

test('no line is answered with a fault, whatever stands in it', async () => {
  const limits = { badCommands: 1_000_000, dataConnectMs: 20 }
  const ftp = await startFtp({ limits, fxp: 'both', bouncers: ['127.0.0.1'] })
  await ftp.system.addMember({ name: 'ana' })
  const ana = await ftp.login()
  await ana.say('MKD /incoming/Fuzz-A', '257')
  await ana.store('/incoming/Fuzz-A/a.bin', '0123456789')
  const verbs = Object.keys(commands).filter((verb) => !LEFT_OUT.has(verb))
  const line = fc.record({
    verb: fc.constantFrom(...verbs),
    argument: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...SEEDS) },
      { weight: 1, arbitrary: fc.string({ maxLength: 200, unit: 'binary' }) },
    ),
  })
  const faults: string[][] = []
  for (const { verb, argument } of fc.sample(line, { numRuns: 1_500, seed: 20_261_121 })) {
    const text = `${verb} ${argument.replaceAll(/[\r\n]/g, '')}`
    const answer = await answerTo(ana, text)
    if (!/^[2-5]\d\d/.test(answer)) faults.push([text, answer])
  }
  expect(faults).toEqual([])
  // The session still works.
  await ana.say('TYPE I', '200')
  await ana.say('NOOP', '200')
  await ana.close()
  expect(ftp.system.faults).toEqual([])
  await ftp.stop()
})

/** The last reply to a line, unless it is the one to a fault. */
async function answerTo(client: FtpClient, text: string): Promise<string> {
  const first = await client.say(text)
  const last = first.startsWith('150') ? ((await client.read()) ?? 'closed') : first
  return last.startsWith('451') ? `fault: ${last}` : last
}
