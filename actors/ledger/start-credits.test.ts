import { afterEach, beforeEach, expect, test } from 'vitest'

import { accountActor } from '#actors/account/account.actor.ts'
import { ledgerActor } from '#actors/ledger/ledger.actor.ts'
import type { LedgerContext } from '#actors/ledger/ledger.commands.ts'
import { createStartCredits } from '#actors/ledger/start-credits.ts'
import { createConsumerRun } from '#test/consumer-run.ts'

const about = { group: 'One', flags: '', credential: '00000000-0000-7000-8000-000000000001' }

let run: ReturnType<typeof createConsumerRun>
beforeEach(async () => {
  run = createConsumerRun([accountActor, ledgerActor])
  await run.send('account', 'bob', { type: 'account.create', name: 'Bob', ...about } as never)
})
afterEach(() => run.stop())

async function bob() {
  return (await run.host.state<LedgerContext>({ kind: 'ledger', id: 'bob' })).context
}

test('a new member gets the credits once, though the fact comes again', async () => {
  const startCredits = createStartCredits(run.host, 500)
  await run.settle(startCredits)
  await run.repeat(startCredits)
  expect((await bob()).balances).toEqual({ default: 500 })
  const [created] = await run.recorded('account')
  expect((await bob()).lines[0]!.cause).toMatchObject({ kind: 'gift', fact: created!.id })
})

test('nothing is recorded where members begin with nothing', async () => {
  await run.settle(createStartCredits(run.host, 0))
  expect(await run.recorded('ledger')).toEqual([])
})
