import type { KnownFact } from '#events/catalogue.ts'
import type { EventLog } from '#events/event-log.ts'
import { type ActorRef, streamOf } from '#events/fact.ts'

/**
 * The id of the `race.file-accepted` by which a file came, whatever its name was then. It is looked
 * for backwards from a version of the race's stream. Undefined when the file was marked bad since.
 */
export async function uploadBehind(
  log: EventLog,
  race: string,
  before: number,
  file: string,
): Promise<string | undefined> {
  let name = file
  if (before === 0) return undefined
  const options = { direction: 'backwards', from: before - 1 } as const
  for await (const recorded of log.readStream(race, options)) {
    const fact = recorded as KnownFact
    if (fact.type === 'race.file-renamed' && fact.data.to === name) name = fact.data.from
    if (fact.type === 'race.file-marked-bad' && fact.data.file === name) return undefined
    if (fact.type === 'race.file-accepted' && fact.data.file === name) return fact.id
  }
  return undefined
}

/** What an upload was credited with, and where; undefined when with nothing. */
export async function creditsOf(
  log: EventLog,
  ledger: ActorRef,
  upload: string,
): Promise<{ readonly section: string; readonly bytes: number } | undefined> {
  for await (const recorded of log.readStream(streamOf(ledger), { direction: 'backwards' })) {
    const fact = recorded as KnownFact
    if (fact.type !== 'ledger.credited') continue
    const { cause, section, bytes } = fact.data
    if (cause.kind === 'upload' && cause.fact === upload) return { section, bytes }
  }
  return undefined
}
