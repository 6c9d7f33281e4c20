import { setTimeout as wait } from 'node:timers/promises'

import type { Logger } from 'pino'

import type { ServerProcess } from '#infra/postgres/server-process.ts'

/** Delays before starting again, the last one for every further attempt. */
const RESTART_DELAYS_MS = [0, 500, 2_000, 10_000, 30_000]

/** Running for so long counts as having started well. */
const STEADY_MS = 60_000

export interface Supervised {
  stop(): Promise<void>
}

/**
 * Keeps a server running: when its process ends unasked, it is started again, later and later.
 * Meanwhile the read models lag; the log goes on. Rejects when the first start fails.
 */
export async function supervise(
  start: () => Promise<ServerProcess>,
  logger: Logger,
): Promise<Supervised> {
  const stopping = new AbortController()
  let server: ServerProcess | undefined = await start()

  const watch = async (): Promise<void> => {
    let attempt = 0
    while (!stopping.signal.aborted) {
      if (server) {
        const startedAt = performance.now()
        const how = await server.exited
        server = undefined
        if (stopping.signal.aborted) return
        if (performance.now() - startedAt > STEADY_MS) attempt = 0
        logger.error({ how }, 'PostgreSQL ended unasked: starting it again')
      }
      const delay = RESTART_DELAYS_MS[Math.min(attempt++, RESTART_DELAYS_MS.length - 1)]!
      await wait(delay, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      server = await start().catch((cause) => {
        logger.error({ err: cause }, 'PostgreSQL could not be started again')
        return undefined
      })
    }
  }
  const watching = watch()

  return {
    async stop() {
      stopping.abort()
      await server?.stop()
      await watching
      // A restart that was under way when the stop came.
      await server?.stop()
    },
  }
}
