import { refuseNewerFacts } from '#actors/kernel/known-facts.ts'
import type { EventLog } from '#events/event-log.ts'
import { LOG_START } from '#events/fact.ts'
import type { Moment } from '#events/moment.ts'
import type { ReplayOptions } from '#gateways/cli/history-commands.ts'
import { momentsLines, verdictLines } from '#gateways/cli/verdict.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import type { Settings } from '#infra/config/settings.ts'
import { createLogger } from '#infra/telemetry/logger.ts'
import { allProjections } from '#projections/all-projections.ts'
import { lastPosition } from '#projections/kernel/build.ts'
import { compareMoments } from '#projections/kernel/compare-moments.ts'
import { areEqual } from '#projections/kernel/compare-schemas.ts'
import { rebuild } from '#projections/kernel/rebuild.ts'
import { isSchemaName } from '#projections/kernel/schema.ts'
import { verifyReadModels } from '#projections/kernel/verify.ts'

import { openReadModels } from './read-stores.ts'
import { EXIT, progressOn, type Terminal } from './terminal.ts'

type Build = Parameters<typeof rebuild>[0]

/** `replay` in all its forms. Answers the exit code. */
export async function replayReadModels(
  log: EventLog,
  settings: Settings,
  options: ReplayOptions,
  terminal: Terminal,
): Promise<number> {
  const { json, verify, diff } = options
  const place = placeOf(settings, options)
  await refuseNewerFacts(log)
  const database = await openReadModels(settings, createLogger('warn'), place.url)
  const view = progressOn(terminal, verify || diff ? 'building' : 'rebuilding', json)
  const build: Build = {
    db: database.db as never,
    log,
    projections: allProjections,
    schema: place.schema,
    progress: (done, total) => view.update(done, total),
  }
  const outcome = verify ? verified : diff ? compared : rebuilt
  try {
    const answer = await outcome(build, options).finally(() => view.end())
    if (json) terminal.say(JSON.stringify(answer.json))
    else for (const line of answer.lines()) terminal.say(line)
    return answer.isEqual ? EXIT.done : EXIT.notEqual
  } finally {
    await database.close()
  }
}

interface Outcome {
  readonly json: unknown
  readonly lines: () => readonly string[]
  readonly isEqual: boolean
}

async function rebuilt(build: Build, { to }: ReplayOptions): Promise<Outcome> {
  const { schema } = build
  if (!to) {
    await rebuild(build)
    const words = 'every read model is rebuilt from the log'
    return { json: { rebuilt: true, schema }, lines: () => [words], isEqual: true }
  }
  const position = await positionOf(build.log, to)
  await rebuild({ ...build, through: position })
  const words = `the read models as of position ${position} are in the schema ${schema}`
  return { json: { rebuilt: true, schema, position }, lines: () => [words], isEqual: true }
}

async function verified(build: Build): Promise<Outcome> {
  const verdict = await verifyReadModels(build)
  return { json: verdict, lines: () => verdictLines(verdict), isEqual: verdict.isEqual }
}

async function compared(build: Build, { diff }: ReplayOptions): Promise<Outcome> {
  const moments = [await positionOf(build.log, diff![0]!), await positionOf(build.log, diff![1]!)]
  const [from, to] = moments as [number, number]
  const tables = await compareMoments({ ...build, moments: [from, to] })
  const isEqual = areEqual(tables)
  return {
    json: { isEqual, from, to, tables },
    lines: () => momentsLines(tables, [from, to]),
    isEqual,
  }
}

/** Where to build: never over the live rows unless they are named. */
function placeOf(settings: Settings, { to, out, diff, verify }: ReplayOptions) {
  const live = settings.database_schema
  const wrong = (words: string) => new SettingsError(words)
  if ([to, diff, verify || undefined].filter((each) => each !== undefined).length > 1) {
    throw wrong('--to, --diff and --verify are three different things: give one of them')
  }
  if (diff && diff.length !== 2) throw wrong('--diff compares two moments: give both')
  if (to && out === undefined) {
    throw wrong(`--to needs --out: a postgres:// URL, or a schema such as ${live}_then`)
  }
  if (!to && out !== undefined) throw wrong('--out is for --to')
  if (out === undefined) return { url: undefined, schema: live }
  if (/^postgres(ql)?:\/\//.test(out)) {
    if (out === settings.database_url) throw wrong('that database is the live one: name a schema')
    return { url: out, schema: live }
  }
  // They are PostgreSQL's own.
  const isReserved = /^(pg_.*|public|information_schema)$/.test(out)
  if (isReserved || !isSchemaName(out))
    throw wrong(`${out} is no postgres:// URL and no name for a schema`)
  return { url: undefined, schema: out }
}

/** The position of a moment: for a time, that of the last fact recorded at or before it. */
async function positionOf(log: EventLog, moment: Moment): Promise<number> {
  const end = await lastPosition(log)
  if ('position' in moment) return Math.min(moment.position, end)
  if (!('time' in moment)) throw new SettingsError('the log has positions and times, no versions')
  for await (const { position, meta } of log.readAll({ direction: 'backwards' })) {
    if (meta.at <= moment.time) return position
  }
  return LOG_START
}
