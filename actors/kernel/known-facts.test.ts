import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { CATALOGUE_STREAM, catalogueFacts } from '#events/catalogue.facts.ts'
import { fact, type FactDefinitions } from '#events/define-facts.ts'
import type { EventLog } from '#events/event-log.ts'
import type { FactMeta } from '#events/fact.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

import { assertKnownFacts, LogFromTheFuture, refuseNewerFacts } from '#actors/kernel/known-facts.ts'

const shape = z.object({})
const old: FactDefinitions = { ...catalogueFacts, 'race.run': fact(1, shape) }
const newer: FactDefinitions = {
  ...catalogueFacts,
  'race.run': fact(2, shape, { 1: (data) => data }),
  'race.flown': fact(1, shape),
}

const noted = { 'catalogue.adopted': 1 }

let log: EventLog
const clock = createManualClock()
const ids = createUuidV7(clock)
beforeEach(() => {
  log = createMemoryEventLog()
})

const start = (definitions: FactDefinitions) => assertKnownFacts(log, ids, clock, definitions)

async function record(type: string, schema = 1, more: Partial<FactMeta> = {}, stream = 'race-1') {
  const id = ids.next()
  const origin = { by: null, connection: null, commandId: id, correlationId: id, causationId: null }
  const meta = { at: clock.now(), ...origin, schema, ...more }
  return (await log.append(stream, [{ id, type, data: {}, meta }], 'any')).position
}

const notes = async () => await Array.fromAsync(log.readStream(CATALOGUE_STREAM))

async function refusalOf(definitions: FactDefinitions): Promise<LogFromTheFuture> {
  const cause = await start(definitions).catch((failed: unknown) => failed)
  expect(cause).toBeInstanceOf(LogFromTheFuture)
  return cause as LogFromTheFuture
}

describe('who writes to a log', () => {
  it('is noted once for each catalogue', async () => {
    await start(old)
    await start(old)
    await record('race.run')
    await start(newer)
    await start(newer)
    expect((await notes()).map(({ data }) => data)).toEqual([
      { schemas: { ...noted, 'race.run': 1 }, throughPosition: 0 },
      { schemas: { ...noted, 'race.run': 2, 'race.flown': 1 }, throughPosition: 2 },
    ])
  })

  it('is noted once when several start at the same time', async () => {
    await Promise.all([start(old), start(old), start(old)])
    expect((await notes()).length).toBe(1)
  })
})

describe('a log with facts of a newer veza', () => {
  it('is refused, naming types, schemas, counts and first positions', async () => {
    await start(newer)
    await record('race.run')
    const first = await record('race.run', 2)
    await record('race.run', 2)
    const flown = await record('race.flown')
    const { facts, message } = await refusalOf(old)
    expect(facts).toEqual([
      { type: 'race.run', schema: 2, known: 1, count: 2, firstPosition: first },
      { type: 'race.flown', schema: 1, known: undefined, count: 1, firstPosition: flown },
    ])
    expect(message).toMatch(/race\.run, schema 2 \(1 is the newest known here\): 2, the first at/)
    expect(message).toMatch(/race\.flown, schema 1 \(unknown here\): 1/)
    expect((await notes()).length).toBe(1)
    await expect(refuseNewerFacts(log, old)).rejects.toThrow(LogFromTheFuture)
    await start(newer)
  })

  it('is taken when the newer veza has recorded nothing new', async () => {
    await start(old)
    await start(newer)
    await record('race.run')
    await start(old)
    expect((await notes()).length).toBe(3)
  })

  it('is refused too when the newer one went on writing beside the older', async () => {
    await start(newer)
    await start(old)
    const position = await record('race.flown')
    expect((await refusalOf(old)).facts).toMatchObject([{ firstPosition: position, count: 1 }])
  })

  it('is refused when nobody has noted anything', async () => {
    await record('race.flown')
    await refusalOf(old)
    expect(await notes()).toEqual([])
  })

  it('is refused when the note itself is of a newer form', async () => {
    await start(old)
    await record('catalogue.signed', 1, {}, CATALOGUE_STREAM)
    expect((await refusalOf(old)).facts).toMatchObject([{ type: 'catalogue.signed' }])
  })
})

it('what other programs wrote, and the records of the log itself, are no newer facts', async () => {
  await record('anything', 1, { foreign: { contentType: 'application/json', metadata: '' } })
  await log.writeMetadata('race-1', { maxCount: 5 })
  await start(old)
  await start(newer)
  await start(old)
  expect((await notes()).length).toBe(3)
})

it('a reader looks too, and notes nothing', async () => {
  await record('race.run')
  await refuseNewerFacts(log, old)
  expect(await notes()).toEqual([])
})
