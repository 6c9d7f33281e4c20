import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createEarnings } from '#actors/ledger/earnings.ts'
import { ledgerActor } from '#actors/ledger/ledger.actor.ts'
import { LEDGER_LIMITS, type LedgerContext } from '#actors/ledger/ledger.commands.ts'
import { takenByNuke } from '#actors/ledger/nuke-amounts.ts'
import { createPenalties } from '#actors/ledger/penalties.ts'
import { shareOf } from '#actors/ledger/uploads.ts'
import type { Consumer } from '#actors/kernel/consumer.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import type { RaceCommand } from '#actors/race/race.commands.ts'
import { crc, home, uuid } from '#actors/race/race.fixture.ts'
import { createConsumerRun } from '#test/consumer-run.ts'

const RACE = uuid(900)
const unnuke: RaceCommand = { type: 'race.unnuke', reason: 'good' }
const nuke = (multiplier: number): RaceCommand => ({
  type: 'race.nuke',
  multiplier,
  reason: 'bad',
  emptyBytes: 50,
})

let run: ReturnType<typeof createConsumerRun>
let consumer: Consumer
let uploads = 0

beforeEach(() => {
  run = createConsumerRun([ledgerActor, raceActor])
  consumer = both(run)
})
afterEach(() => run.stop())

/** What follows for the ledgers, as two consumers would do it one after the other. */
function both(deps: Parameters<typeof createEarnings>[0]): Consumer {
  const consumers = [createEarnings(deps), createPenalties(deps)]
  return {
    name: 'both',
    kinds: ['race'],
    async handle(fact) {
      for (const each of consumers) await each.handle(fact)
    },
  }
}

async function race(by: string, command: RaceCommand): Promise<void> {
  await run.send('race', RACE, command, by)
  await run.settle(consumer)
}

async function upload(by: string, file: string, sizeBytes: number, isUncredited = false) {
  const one = { file, uploadId: uuid(++uploads) }
  await race(by, { type: 'race.begin-upload', ...home, ...one, group: 'G', offsetBytes: 0 })
  const figures = { sizeBytes, crc32: crc(uploads), durationMs: 10 }
  await race(by, { type: 'race.finish-upload', ...one, ...figures, isUncredited })
}

const remove = (by: string, file: string) => race(by, { type: 'race.delete-file', file })
const setRatio = (by: string, ratio: number) =>
  run.send('ledger', by, { type: 'ledger.set-ratio', section: 'default', ratio } as never)

async function balance(member: string): Promise<number> {
  const { context } = await run.host.state<LedgerContext>({ kind: 'ledger', id: member })
  return context.balances['default'] ?? 0
}

/** So many lines that what was there before is older than the ledger remembers. */
async function forgetLines(member: string): Promise<void> {
  const gift = { type: 'ledger.credit', section: 'default', bytes: 1, cause: { kind: 'gift' } }
  const lines = Array.from({ length: LEDGER_LIMITS.linesKept }, () =>
    run.send('ledger', member, gift as never),
  )
  await Promise.all(lines)
}

describe('what a nuke takes', () => {
  it.each([
    // glFTPd: (ratio + multiplier - 1) x size.
    [100, 3, 1, 300],
    [100, 3, 2, 400],
    [100, 3, 5, 700],
    [101, 1.5, 3, 353],
    [100, 3, 0, 0],
    [100, 0, 5, 0],
    [2 ** 50, 3, 10, 2 ** 50],
  ])('of %i bytes at ratio %d with multiplier %i is %i', (sizeBytes, ratio, multiplier, taken) => {
    expect(takenByNuke({ sizeBytes, isEmpty: false }, ratio, multiplier)).toBe(taken)
  })

  it('of an empty directory is what the section says, but from leeches', () => {
    const empty = { sizeBytes: 50, isEmpty: true }
    expect([takenByNuke(empty, 3, 9), takenByNuke(empty, 0, 9), takenByNuke(empty, 3, 0)]).toEqual([
      50, 0, 0,
    ])
  })
})

describe('a nuke and its undoing', () => {
  it('leave the credits as they were, though the facts come again to another process', async () => {
    await upload('alice', 'a', 100)
    await upload('bob', 'b', 10)
    await race('sue', nuke(3))
    expect([await balance('alice'), await balance('bob')]).toEqual([-200, -20])
    await setRatio('alice', 9)
    await race('sue', unnuke)
    expect([await balance('alice'), await balance('bob')]).toEqual([300, 30])
    await race('sue', nuke(1))
    expect(await balance('alice')).toBe(300 - 900)
    await race('sue', unnuke)
    const head = await run.log.head()
    const other = run.createRunningHost()
    await run.repeat(both({ host: other, log: run.log }))
    await other.stop()
    expect(await run.log.head()).toBe(head)
    expect(await balance('alice')).toBe(300)
  })

  it('are exact when the line is older than the ledger remembers, and partly given back', async () => {
    await upload('alice', 'a', 100)
    await race('sue', nuke(1))
    expect(await balance('alice')).toBe(0)
    const cause = { kind: 'adjustment' }
    await run.send('ledger', 'alice', {
      type: 'ledger.reverse',
      line: 1,
      bytes: 40,
      cause,
    } as never)
    await forgetLines('alice')
    await race('sue', unnuke)
    expect(await balance('alice')).toBe(300 + LEDGER_LIMITS.linesKept)
  })
})

describe('a file that is deleted while its release is nuked', () => {
  it('costs nothing then, and what it had earned when the nuke is undone', async () => {
    await upload('alice', 'a', 100)
    await upload('alice', 'b', 10)
    await race('sue', nuke(2))
    await remove('alice', 'a')
    expect(await balance('alice')).toBe(-110)
    await race('sue', unnuke)
    expect(await balance('alice')).toBe(30)
    await remove('alice', 'b')
    expect(await balance('alice')).toBe(0)
  })

  it('costs what it had earned at once when the nuke took nothing', async () => {
    await upload('alice', 'a', 100)
    await race('sue', nuke(0))
    await remove('alice', 'a')
    expect(await balance('alice')).toBe(0)
    await race('sue', unnuke)
    expect(await balance('alice')).toBe(0)
  })

  it('was nuked before: what counts is the nuke that stands', async () => {
    await upload('alice', 'a', 100)
    await race('sue', nuke(1))
    await race('sue', unnuke)
    await race('sue', nuke(1))
    await remove('alice', 'a')
    expect(await balance('alice')).toBe(0)
    await race('sue', unnuke)
    expect(await balance('alice')).toBe(0)
  })

  it('is not taken twice when it is wiped', async () => {
    await upload('alice', 'a', 100)
    await race('sue', nuke(1))
    await race('sue', { type: 'race.wipe-path', path: 'a' })
    await race('sue', unnuke)
    expect(await balance('alice')).toBe(300)
  })
})

describe('what was published', () => {
  const publish: RaceCommand = { type: 'race.publish', group: 'G', section: 'mp3' }

  it('is credited then, and by its part when a file is deleted', async () => {
    await setRatio('bob', 1.5)
    await upload('alice', 'a', 100, true)
    await upload('alice', 'b', 11, true)
    await upload('bob', 'c', 101, true)
    expect(await balance('alice')).toBe(0)
    await race('alice', publish)
    expect([await balance('alice'), await balance('bob')]).toEqual([333, 151])
    await setRatio('alice', 7)
    await race('alice', { type: 'race.rename-file', from: 'b', to: 'x' })
    await remove('alice', 'x')
    expect(await balance('alice')).toBe(300)
    await remove('bob', 'c')
    expect(await balance('bob')).toBe(0)
    await upload('bob', 'c', 10)
    await remove('bob', 'c')
    expect(await balance('bob')).toBe(0)
  })

  it('is taken back by its part though the ledger remembers the line no more', async () => {
    await upload('alice', 'a', 100, true)
    await upload('alice', 'b', 11, true)
    await race('alice', publish)
    await forgetLines('alice')
    await remove('alice', 'b')
    expect(await balance('alice')).toBe(300 + LEDGER_LIMITS.linesKept)
  })

  it('costs nothing where it is deleted before', async () => {
    await upload('alice', 'a', 100, true)
    await upload('alice', 'b', 10, true)
    await remove('alice', 'a')
    await race('alice', publish)
    expect(await balance('alice')).toBe(30)
  })

  it('has parts that are exact beyond what a double holds', () => {
    expect(shareOf(3 * 2 ** 49, 2 ** 48 + 1, 2 ** 49)).toBe(3 * (2 ** 48 + 1))
  })
})
