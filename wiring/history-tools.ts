import { createPastStates } from '#actors/kernel/past-states.ts'
import type { Clock } from '#events/clock.ts'
import type { EventLog } from '#events/event-log.ts'
import { type Fact, NO_VERSION, refOf, streamOf } from '#events/fact.ts'
import type { Moment } from '#events/moment.ts'
import { auditHeader, auditLine, followedFacts, foundFacts } from '#gateways/cli/audit.ts'
import type { CommandSettings } from '#gateways/cli/command-settings.ts'
import type { HistoryActions } from '#gateways/cli/history-commands.ts'
import {
  differenceJson,
  differenceLines,
  type SeenState,
  stateJson,
  stateLines,
} from '#gateways/cli/state.ts'
import { isAnswering } from '#gateways/control/server.ts'
import { createFactGateways } from '#gateways/kernel/fact-gateways.ts'
import { changesBetween } from '#gateways/kernel/state-changes.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { dataFolder } from '#infra/config/data-folder.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import type { Settings } from '#infra/config/settings.ts'

import { actors } from './actors.ts'
import { openLogForReading } from './read-stores.ts'
import { replayReadModels } from './replay-tools.ts'
import { EXIT, progressOn, type Terminal } from './terminal.ts'

/** The commands that look back. None of them writes to the log. */
export function createHistoryActions(
  settingsFrom: (given: CommandSettings) => Settings,
  terminal: Terminal,
): HistoryActions {
  const { say, complain } = terminal

  async function withLog<T>(
    given: CommandSettings,
    run: (log: EventLog) => Promise<T>,
  ): Promise<T> {
    const log = await openLogForReading(settingsFrom(given))
    try {
      return await run(log)
    } finally {
      await log.close()
    }
  }

  return {
    async audit(given, query, { json, follow, ...options }) {
      const { stream } = query
      if (follow) await assertServed(settingsFrom(given))
      return await withLog(given, async (log) => {
        if (stream !== undefined && (await log.streamVersion(stream)) === NO_VERSION && !follow) {
          complain(`there is no history of ${stream}`)
          return EXIT.failed
        }
        const line = { ...options, json, isOneStream: stream !== undefined }
        if (!json) say(auditHeader(line.isOneStream))
        const progress = progressOn(terminal, 'searching', false)
        const gateways = createFactGateways(log)
        const show = async (fact: Fact) => {
          const gateway = json ? await gateways.of(fact) : null
          progress.clear()
          say(auditLine(fact, { ...line, gateway }))
        }
        const head = await log.head()
        const before = Math.min(query.before ?? Number.POSITIVE_INFINITY, head + 1)
        let looked = 0
        const found = foundFacts(
          log,
          { ...query, before },
          {
            ...options,
            gateways,
            looked: () => progress.update(++looked, head),
          },
        )
        for await (const fact of found) await show(fact)
        progress.clear()
        if (!follow) return EXIT.done
        const signal = terminal.interrupted()
        const follows = { clock: wakeful, signal, gateways }
        const coming = followedFacts(log, { ...query, after: head }, follows)
        for await (const fact of coming) await show(fact)
        return EXIT.done
      })
    },

    state: (given, stream, { json, at }) =>
      withLog(given, async (log) => {
        const seen = await seenAt(log, stream, at)
        if (json) say(stateJson(seen))
        else for (const line of stateLines(seen)) say(line)
        return EXIT.done
      }),

    diff: (given, stream, { json, from, to }) =>
      withLog(given, async (log) => {
        const [before, after] = [await seenAt(log, stream, from), await seenAt(log, stream, to)]
        const outcome = {
          from: before,
          to: after,
          ...changesBetween(before.state.context, after.state.context, CHANGES),
          facts: await factsBetween(log, stream, before.state.version, after.state.version),
        }
        if (json) say(differenceJson(outcome))
        else for (const line of differenceLines(outcome)) say(line)
        return EXIT.done
      }),

    replay: (given, options) => {
      const settings = settingsFrom(given)
      return withLog(given, (log) => replayReadModels(log, settings, options, terminal))
    },
  }
}

/** The system's clock lets a process end that does nothing but wait: to follow is to wait. */
const wakeful: Clock = {
  now: () => systemClock.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Changes and facts that a difference shows at most. */
const CHANGES = 10_000
const FACTS = 10_000

async function seenAt(log: EventLog, stream: string, at?: Moment): Promise<SeenState> {
  const ref = refOf(stream)
  if (!ref || (await log.streamVersion(streamOf(ref))) === NO_VERSION) {
    throw new SettingsError(`there is no history of ${stream}`)
  }
  const past = createPastStates({ definitions: actors, log, factsLimit: Number.POSITIVE_INFINITY })
  const state = await past.stateAt(ref, at ?? { version: Number.MAX_SAFE_INTEGER })
  let last: Fact | undefined
  if (state.version !== NO_VERSION) {
    for await (const fact of log.readStream(stream, { from: state.version, limit: 1 })) last = fact
  }
  return { stream, state, last }
}

async function factsBetween(log: EventLog, stream: string, from: number, to: number) {
  const [first, last] = from < to ? [from, to] : [to, from]
  const limit = Math.min(FACTS, last - first)
  if (limit === 0) return []
  const options = { from: first + 1, limit, as: 'records' } as const
  return await Array.fromAsync(log.readStream(stream, options))
}

/** Nothing comes to a log that nobody writes to. */
async function assertServed(settings: Settings): Promise<void> {
  const folder = dataFolder(settings.data_dir)
  if (settings.eventstore_url !== undefined || (await isAnswering(folder.controlSocket))) return
  throw new SettingsError(`no server runs on ${folder.path}: there is nothing to follow`)
}
