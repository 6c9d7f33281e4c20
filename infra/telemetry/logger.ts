import { type Logger, pino } from 'pino'

/** Logs as lines of JSON on standard error: standard output is for answers. */
export function createLogger(level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  )
}
