import { expect } from 'vitest'

import { createDuePublications } from '#wiring/due-publications.ts'
import { runConsumer } from '#actors/kernel/consumer.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { balancesOf } from '#test/conformance/ftp-credits.fixture.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { startSite } from '#test/conformance/ftp-site.fixture.ts'

type FactOfType<T extends KnownFact['type']> = Extract<KnownFact, { type: T }>

/**
 * The site of `startSite`, where members bring files and their credits are looked at. `asksState`:
 * for what asks no read model for more than FTP does.
 */
export async function startReleases(options: Parameters<typeof startSite>[0] = {}) {
  // A clock of its own, which a test may set.
  const site = await startSite({ clock: { ...systemClock }, ...options })
  const { system, ftp } = site
  const clients = new Map<string, Promise<FtpClient>>()
  const as = (name: string): Promise<FtpClient> => {
    const client = clients.get(name) ?? ftp.login(name)
    clients.set(name, client)
    return client
  }
  const publishing = await runConsumer({
    ...system,
    consumer: createDuePublications(ftp.site),
    report: (cause) => void system.faults.push(cause),
  })

  return {
    ...site,
    as,
    /** What the site answers to a line of a member: anything but SITE. */
    async tell(name: string, line: string, start = ''): Promise<string> {
      return await (await as(name)).say(line, start)
    },
    /** So many bytes under a path. */
    async bring(name: string, path: string, content: number | string): Promise<string> {
      const bytes = typeof content === 'number' ? Buffer.alloc(content, 'x') : content
      return await (await as(name)).store(path, bytes)
    },
    async names(name: string, path: string): Promise<string[]> {
      return await (await as(name)).list(`NLST ${path}`)
    },
    setRatio: (member: string, ratio: number) =>
      system.host.send(
        { kind: 'ledger', id: member },
        { type: 'ledger.set-ratio', section: 'default', ratio } as never,
        { by: null, connection: null, commandId: system.ids.next() },
      ),
    /** Credits follow facts: each of these sums is there in the end. */
    async credits(expected: Readonly<Record<string, number>>): Promise<void> {
      for (const [member, bytes] of Object.entries(expected)) {
        await expect
          .poll(async () => (await balancesOf(system, member))['default'] ?? 0, { timeout: 5_000 })
          .toBe(bytes)
      }
    },
    async facts<T extends KnownFact['type']>(type: T): Promise<FactOfType<T>[]> {
      const found: FactOfType<T>[] = []
      for await (const fact of system.log.readAll({ kinds: [type.split('.')[0]!] })) {
        if (fact.type === type) found.push(fact as FactOfType<T>)
      }
      return found
    },
    /** What was said in the site's room. */
    async announced(): Promise<string[]> {
      const lines: string[] = []
      for await (const fact of system.log.readAll({ kinds: ['room'] })) {
        const { type, data } = fact as KnownFact
        if (type === 'room.announced') lines.push((data as { text: string }).text)
      }
      return lines
    },
    async stop() {
      await publishing.stop()
      for (const client of clients.values()) await (await client).close()
      await site.stop()
    },
  }
}

export type Releases = Awaited<ReturnType<typeof startReleases>>
