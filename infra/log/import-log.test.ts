import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { DELETED, type EventLog } from '#events/event-log.ts'
import { exportLines, type ExportOptions } from '#infra/log/export-log.ts'
import { importLog } from '#infra/log/import-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

import { fill, posted, temporaryFolder } from '#test/conformance/log-files.ts'

const IMPORT = { takesTombstones: true, inFlight: 8 }
const all = (log: EventLog) => Array.fromAsync(log.readAll({ as: 'records' }))

/** A log with all that can be in one: metadata, a deleted stream, one that lives again, one ended. */
async function source(): Promise<EventLog> {
  const log = createMemoryEventLog()
  await fill(log, 60)
  await log.writeMetadata('room-1', { maxCount: 3 })
  await log.writeMetadata('room-2', { truncateBefore: DELETED })
  await log.append('room-2', [posted(100), posted(101)], 'no-stream')
  await log.writeMetadata('room-3', { truncateBefore: DELETED })
  await log.tombstone('room-4', 'any')
  await log.append('room-5', [posted(102)], 'any')
  return log
}

async function exported(log: EventLog, options: ExportOptions = {}): Promise<string> {
  const file = join(await temporaryFolder(), 'export')
  await writeFile(file, (await Array.fromAsync(exportLines(log, options))).join(''))
  return file
}

describe('an exported log', () => {
  it('is imported as it was: ids, versions and order', async () => {
    const from = await source()
    const to = createMemoryEventLog()
    const outcome = await importLog(to, await exported(from), IMPORT)
    expect(await all(to)).toEqual(await all(from))
    expect(outcome.records).toBe((await all(from)).length)
    for (const stream of ['room-1', 'room-2', 'room-3', 'room-4']) {
      const read = (log: EventLog) => Array.fromAsync(log.readStream(stream))
      expect(await read(to)).toEqual(await read(from))
    }
  })

  it('adds what is missing, however often it is imported', async () => {
    const from = await source()
    const to = createMemoryEventLog()
    const half = await exported(from, { to: 40 })
    await importLog(to, half, IMPORT)
    expect(await to.head()).toBe(40)
    const whole = await exported(from)
    for (let round = 0; round < 3; round++) await importLog(to, whole, IMPORT)
    expect(await all(to)).toEqual(await all(from))
  })

  it('goes on where an import was cut off in the middle of a stream', async () => {
    const from = createMemoryEventLog()
    await from.append(
      'room-1',
      Array.from({ length: 20 }, (_, n) => posted(n)),
      'any',
    )
    const to = createMemoryEventLog()
    for await (const { id, type, data, meta } of from.readStream('room-1', { limit: 7 })) {
      await to.append('room-1', [{ id, type, data, meta }], 'any')
    }
    await importLog(to, await exported(from), IMPORT)
    expect(await all(to)).toEqual(await all(from))
  })

  it('gives the records of some kinds or positions', async () => {
    const from = createMemoryEventLog()
    await from.append('room-1', [posted(1), posted(2)], 'any')
    await from.append('race-1', [posted(3)], 'any')
    const to = createMemoryEventLog()
    await importLog(to, await exported(from, { kinds: ['race'] }), IMPORT)
    expect((await all(to)).map(({ stream }) => stream)).toEqual(['race-1'])
    const later = await exported(from, { from: 2 })
    await expect(importLog(createMemoryEventLog(), later, IMPORT)).rejects.toThrow(
      /^line 2: room-1@1 cannot follow version -1; has what came before been compacted away\?/,
    )
  })

  it.each<[string, RegExp, (lines: string[]) => string[]]>([
    [
      'a changed record',
      /line 7.: the lines before were changed/,
      changed(9, 'message', 'massage'),
    ],
    ['a record that is missing', /line 69: 68 records were exported, 67 are here/, without(68)],
    ['a line that is cut', /line 10: it is not JSON/, (lines) => [...lines.slice(0, 9), '{"a":']],
    ['the end missing', /line 60: the end is missing/, (lines) => lines.slice(0, 59)],
    ['another header', /line 1: veza: /, changed(0, '"log"', '"dog"')],
    ['a field of another type', /line 10: version: /, changed(9, '"version":1', '"version":"1"')],
    ['something after the end', /line 71: there is something/, (lines) => [...lines, lines[1]!]],
    ['a version that is repeated', /line 9: room-\d@0 cannot follow version 0/, repeated(1, 8)],
  ])('changes nothing when it has %s', async (_, reason, change) => {
    const from = await source()
    const file = await exported(from)
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    await writeFile(file, change(lines).join('\n'))
    const to = createMemoryEventLog()
    await expect(importLog(to, file, IMPORT)).rejects.toThrow(reason)
    expect(await to.head()).toBe(0)
  })

  it('is refused where the log has another history', async () => {
    const from = await source()
    const to = createMemoryEventLog()
    await to.append('room-6', [posted(500)], 'any')
    await expect(importLog(to, await exported(from), IMPORT)).rejects.toThrow(
      /line \d+: room-6@0 is .* here: another history/,
    )
    expect(await to.head()).toBe(1)
  })
})

function changed(line: number, from: string, to: string) {
  return (lines: string[]) =>
    lines.map((each, index) => {
      if (index !== line) return each
      expect(each).toContain(from)
      return each.replace(from, to)
    })
}

function without(line: number) {
  return (lines: string[]) => lines.filter((_, index) => index !== line)
}

function repeated(line: number, at: number) {
  return (lines: string[]) => lines.toSpliced(at, 0, lines[line]!)
}
