import { afterEach, beforeEach } from 'vitest'

import { systemClock } from '#infra/clock/system-clock.ts'
import type { Fact } from '#events/fact.ts'
import { ask } from '#test/conformance/attack-sockets.ts'
import { startFtp } from '#test/conformance/ftp-fixture.ts'
import { startHttp } from '#test/conformance/http-server.ts'
import { startIrc } from '#test/conformance/irc-server.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem, type TestSystemOptions } from '#test/harness.ts'

export const MINUTE_MS = 60_000
/** As the issue has it: so many failures lock, for the length of the window. */
export const FAILURES = 5
export const WINDOW_MS = 15 * MINUTE_MS

/**
 * A site with FTP, IRC, HTTP and WebSocket over one system, at a clock that stands still. Members:
 * `alice`, `bob` and `root`, a siteop; the password of all is `password`.
 */
export async function startSite(
  options: Omit<TestSystemOptions, 'clock'> & { readonly siteUrl?: string } = {},
) {
  const { siteUrl, ...more } = options
  const clock = createManualClock()
  const system = await createTestSystem({ loginFailures: FAILURES, ...more, clock })
  // Each of the gateways' fixtures would stop it.
  const shared = { ...system, siteUrl: siteUrl as never, stop: async () => {} }
  const http = await startHttp({ system: shared })
  const ftp = await startFtp({ system: shared })
  // Lines wait for their turn there: that has to be real time.
  const irc = await startIrc([], { system: shared, clock: systemClock })

  return {
    clock,
    system,
    httpPort: http.port,
    ftpPort: ftp.port,
    ircPort: irc.port,
    ask: (path: string, asking?: Parameters<typeof ask>[2]) => ask(http.port, path, asking),
    /** All facts of those kinds, in their order. */
    facts: (...kinds: string[]): Promise<Fact[]> => Array.fromAsync(system.log.readAll({ kinds })),
    async stop() {
      await Promise.all([ftp.stop(), irc.stop()])
      await http.stop()
      await system.stop()
    },
  }
}

export type Site = Awaited<ReturnType<typeof startSite>>

export interface Tokens {
  readonly access: string
  readonly refresh: string
  readonly session: string
}

/** A site of its own for each test of a file, with a session of alice's; there while a test runs. */
export function siteForEachTest(): { readonly site: Site; readonly tokens: Tokens } {
  const here = {} as { site: Site; tokens: Tokens }
  beforeEach(async () => {
    here.site = await startSite()
    here.tokens = await openSession(here.site, 'alice')
  })
  afterEach(() => here.site.stop())
  return here
}

/** Opens a session over HTTP. */
export async function openSession(site: Site, username: string, password = 'password') {
  const { status, text } = await site.ask('/api/v1/auth/login', {
    method: 'POST',
    body: { username, password },
  })
  if (status !== 200) throw new Error(`${status} ${text}`)
  return tokensIn(text)
}

export function tokensIn(text: string): Tokens {
  const { access_token: access, refresh_token: refresh } = JSON.parse(text) as Record<
    string,
    string
  >
  const session = refresh!.split('.')[1]!
  return { access: access!, refresh: refresh!, session }
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** What of a reply may depend on what was wrong: without the request's id. */
export function wordsOf({ status, headers, text }: Awaited<ReturnType<typeof ask>>) {
  const { date: _date, 'x-request-id': id, ...rest } = headers
  return { status, headers: rest, text: text.replaceAll(String(id), 'ID') }
}
