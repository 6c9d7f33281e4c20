import { expect } from 'vitest'

import { operate } from '#test/conformance/administration.fixture.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { startFtp } from '#test/conformance/ftp-fixture.ts'
import { startReadModels } from '#test/conformance/projections.fixture.ts'
import { createTestSystem, type TestSystemOptions } from '#test/harness.ts'

export const GOOD = 'correct-horse-battery'

interface SiteFixtureOptions extends TestSystemOptions {
  /** What FTP asks the read models is answered by the actors: faster, for what needs no more. */
  readonly asksState?: boolean
}

const NO_READS = {
  readModels: undefined,
  caughtUp: async () => {},
  stop: async () => {},
}

/**
 * A live gateway over real read models. `root` is a siteop, `gus` the admin of CREW with ten
 * slots, `ana` is in CREW and `ben` in OTHER; `aud` is an auditor.
 */
export async function startSite(options: SiteFixtureOptions = {}) {
  const system = await createTestSystem(options)
  const reads = options.asksState ? NO_READS : await startReadModels(system)
  await system.addMember({ name: 'root', group: 'STAFF', flags: '13' })
  for (const [name, group] of [
    ['gus', 'CREW'],
    ['ana', 'CREW'],
    ['ben', 'OTHER'],
    ['aud', 'AUDITORS'],
  ] as const) {
    await operate(system, 'group.add', { name: group })
    await system.addMember({ name, group })
  }
  await operate(system, 'group.set', { group: 'CREW', limits: { slots: 10, leech_slots: 1 } })
  await operate(system, 'account.set-group-admin', {
    account: 'gus',
    group: 'CREW',
    is_admin: true,
  })
  const { readModels } = reads
  const ftp = await startFtp({ system, ...(readModels && { readModels }) })
  const clients = new Map<string, Promise<FtpClient>>()

  /** What the site answers to a SITE line of a member. */
  async function say(line: string): Promise<string> {
    const [, name = '', said = ''] = /^(\w+)> (.*)$/.exec(line) ?? []
    const client = clients.get(name) ?? ftp.login(name)
    clients.set(name, client)
    const reply = await (await client).say(`SITE ${said}`)
    assertWellFormed(reply)
    return reply
  }

  return {
    ftp,
    system,
    say,
    caughtUp: () => reads.caughtUp(),
    /** `name> line`, and below it how each line of the reply begins, or `~` and a part of it. */
    async replay(transcript: string) {
      const lines = transcript
        .trim()
        .split('\n')
        .map((line) => line.trim())
      let reply = ''
      for (const line of lines) {
        if (/^\w+> /.test(line)) reply = await say(line)
        else if (line.startsWith('~')) expect(reply).toContain(line.slice(1).trim())
        else if (line.startsWith('!')) expect(reply).not.toContain(line.slice(1).trim())
        else expect(reply.slice(0, line.length)).toBe(line)
      }
    },
    async stop() {
      await ftp.gateway.stop(0)
      await reads.stop()
      await ftp.stop()
      await system.stop()
    },
  }
}

export type SiteFixture = Awaited<ReturnType<typeof startSite>>

/** RFC 959 section 4.2, and short enough for every client. */
function assertWellFormed(reply: string): void {
  const lines = reply.split('\n')
  const code = lines[0]!.slice(0, 3)
  expect(lines.at(-1)).toMatch(new RegExp(`^${code} `))
  if (lines.length > 1) expect(lines[0]).toMatch(new RegExp(`^${code}-`))
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(200)
}
