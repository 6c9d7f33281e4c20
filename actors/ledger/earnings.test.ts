import { afterEach, describe, expect, it } from 'vitest'

import { createEarnings } from '#actors/ledger/earnings.ts'
import { ledgerActor } from '#actors/ledger/ledger.actor.ts'
import { LEDGER_LIMITS, type LedgerContext } from '#actors/ledger/ledger.commands.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import type { RaceCommand } from '#actors/race/race.commands.ts'
import { crc, home, uuid } from '#actors/race/race.fixture.ts'
import { createConsumerRun } from '#test/consumer-run.ts'

const runs: ReturnType<typeof createConsumerRun>[] = []
const RACE = uuid(900)

function createSite() {
  const run = createConsumerRun([ledgerActor, raceActor])
  runs.push(run)
  let uploads = 0
  const race = (by: string, command: RaceCommand) => run.send('race', RACE, command, by)
  const earnings = createEarnings(run)
  return {
    run,
    race,
    earnings,
    async upload(by: string, file: string, sizeBytes: number, sum = 0, sfvText?: string) {
      const upload = { file, uploadId: uuid(++uploads) }
      const begin = { type: 'race.begin-upload', ...home, ...upload, group: 'G', offsetBytes: 0 }
      await race(by, begin as RaceCommand)
      await race(by, {
        type: 'race.finish-upload',
        ...upload,
        sizeBytes,
        crc32: crc(sum),
        durationMs: 10,
        ...(sfvText !== undefined && { sfvText }),
      })
      await run.settle(earnings)
    },
    async remove(by: string, file: string) {
      await race(by, { type: 'race.delete-file', file })
      await run.settle(earnings)
    },
    async rename(by: string, from: string, to: string) {
      await race(by, { type: 'race.rename-file', from, to })
      await run.settle(earnings)
    },
    setRatio: (by: string, ratio: number) =>
      run.send('ledger', by, { type: 'ledger.set-ratio', section: 'default', ratio } as never),
    async ledger(member: string) {
      return (await run.host.state<LedgerContext>({ kind: 'ledger', id: member })).context
    },
  }
}

afterEach(async () => {
  for (const run of runs.splice(0)) await run.stop()
})

describe('earnings', () => {
  it('are the size times the ratio, and name the upload', async () => {
    const site = createSite()
    await site.upload('Alice', 'a.rar', 101)
    await site.setRatio('bob', 1.5)
    await site.upload('bob', 'b.rar', 101)
    await site.setRatio('carol', 0)
    await site.upload('carol', 'c.rar', 101)
    expect((await site.ledger('alice')).balances).toEqual({ default: 303 })
    expect((await site.ledger('bob')).balances).toEqual({ default: 151 })
    expect((await site.ledger('carol')).balances).toEqual({})
    const accepted = (await site.run.recorded('race')).find(
      ({ type }) => type === 'race.file-accepted',
    )!
    expect((await site.ledger('alice')).lines[0]!.cause).toEqual({
      kind: 'upload',
      fact: accepted.id,
      race: RACE,
      file: 'a.rar',
    })
  })

  it('go to the balance of a section that has its own', async () => {
    const site = createSite()
    const own = { type: 'ledger.set-ratio', section: home.section, ratio: 2 }
    await site.run.send('ledger', 'alice', own)
    await site.upload('alice', 'a.rar', 10)
    expect((await site.ledger('alice')).balances).toEqual({ [home.section]: 20 })
  })

  it('are taken back with the file, as they were given, whoever deletes it', async () => {
    const site = createSite()
    await site.upload('alice', 'a.rar', 100)
    await site.setRatio('alice', 1)
    await site.upload('alice', 'b.rar', 10)
    await site.remove('alice', 'a.rar')
    expect((await site.ledger('alice')).balances).toEqual({ default: 10 })
    await site.upload('alice', 'a.rar', 7)
    expect((await site.ledger('alice')).balances).toEqual({ default: 17 })
  })

  it('are found again behind new names', async () => {
    const site = createSite()
    await site.upload('alice', 'a.rar', 100)
    await site.rename('alice', 'a.rar', 'b.rar')
    await site.upload('alice', 'x.rar', 1)
    await site.rename('alice', 'x.rar', 'a.rar')
    await site.remove('alice', 'a.rar')
    expect((await site.ledger('alice')).balances).toEqual({ default: 300 })
    await site.remove('alice', 'b.rar')
    expect((await site.ledger('alice')).balances).toEqual({ default: 0 })
  })

  it('of a file that turns out bad are taken back once', async () => {
    const site = createSite()
    await site.upload('alice', 'r0', 100, 66)
    await site.upload('bob', 'rel.sfv', 1, 5, `r0 ${crc(0)}\n`)
    expect((await site.ledger('alice')).balances).toEqual({ default: 0 })
    await site.remove('alice', 'r0')
    expect((await site.ledger('alice')).balances).toEqual({ default: 0 })
    await site.upload('alice', 'r0', 100, 0)
    expect((await site.ledger('alice')).balances).toEqual({ default: 300 })
  })

  it('come back when a better sfv says that the file was good', async () => {
    const site = createSite()
    await site.upload('alice', 'r0', 100, 1)
    await site.upload('alice', 'r1', 10, 2)
    await site.upload('bob', 'old.sfv', 1, 5, `r0 ${crc(9)}\nr1 ${crc(2)}\n`)
    expect((await site.ledger('alice')).balances).toEqual({ default: 30 })
    await site.upload('carol', 'new.sfv', 1, 6, `r0 ${crc(1)}\nr1 ${crc(2)}\n`)
    expect((await site.ledger('alice')).balances).toEqual({ default: 330 })
    // What listed wrongly earns nothing any more.
    expect((await site.ledger('bob')).balances).toEqual({ default: 0 })
    expect((await site.ledger('carol')).balances).toEqual({ default: 3 })
    await site.remove('alice', 'r0')
    expect((await site.ledger('alice')).balances).toEqual({ default: 30 })
  })

  it('happen once, though the facts come again to a process that knows nothing', async () => {
    const site = createSite()
    await site.upload('alice', 'a.rar', 100)
    await site.upload('alice', 'b.rar', 100)
    await site.remove('alice', 'a.rar')
    const head = await site.run.log.head()
    const other = site.run.createRunningHost()
    await site.run.repeat(createEarnings({ host: other, log: site.run.log }))
    await other.stop()
    expect(await site.run.log.head()).toBe(head)
  })

  it('are taken back even when the line is older than those that the ledger keeps', async () => {
    const site = createSite()
    await site.upload('alice', 'a.rar', 100)
    const credit = { type: 'ledger.credit', section: 'default', bytes: 1, cause: { kind: 'gift' } }
    await Promise.all(
      Array.from({ length: LEDGER_LIMITS.linesKept }, () =>
        site.run.send('ledger', 'alice', credit as never),
      ),
    )
    expect((await site.ledger('alice')).lines).not.toHaveProperty('0')
    await site.remove('alice', 'a.rar')
    expect((await site.ledger('alice')).balances).toEqual({ default: LEDGER_LIMITS.linesKept })
  })
})
