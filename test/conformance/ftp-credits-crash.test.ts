import fc from 'fast-check'
import { Registry } from 'prom-client'
import { afterEach, expect, test } from 'vitest'

import { createHost } from '#actors/kernel/create-host.ts'
import type { LedgerContext } from '#actors/ledger/ledger.commands.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import { readCreditRules } from '#gateways/site/transfers/credit-rules.ts'
import type { Download } from '#gateways/site/transfers/download.ts'
import { parsePath, ROOT } from '#gateways/site/path.ts'
import { createSite } from '#gateways/site/site.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import type { OpenConnection, ReadModels } from '#projections/read-models.ts'
import {
  BIG_BYTES,
  breakOff,
  type PaidSite,
  RELEASE,
  startPaidSite,
  WAYS_TO_BREAK,
} from '#test/conformance/ftp-credits.fixture.ts'
import { definitions } from '#test/harness.ts'
import { memberNamed } from '#test/member.ts'

let site: PaidSite
let lost: string[] = []
afterEach(async () => {
  lost = []
  await site.stop()
})

const SMALL = `${RELEASE}/small.bin`
const SMALL_BYTES = 1_003
const BIG = `${RELEASE}/big.bin`
const LOSS = 0.7
const costOf = (bytes: number) => Math.ceil(bytes * LOSS)

async function startWithFiles() {
  site = await startPaidSite(`default=${LOSS}`)
  await site.ana.store(SMALL, Buffer.alloc(SMALL_BYTES))
  await site.ana.store(BIG, Buffer.alloc(BIG_BYTES))
}

/** A connection of bob's that nobody will close: its process is killed. */
async function lostConnection(): Promise<SiteCaller> {
  const { host, ids } = site.system
  const connection = ids.next()
  const context = (commandId = ids.next()) => ({ by: 'bob', flags: '3', connection, commandId })
  const send = (command: { readonly type: string; [field: string]: unknown }) =>
    host.send({ kind: 'connection', id: connection }, command, context())
  lost.push(connection)
  await send({ type: 'connection.open', gateway: 'ftp', node: 'test' })
  const login = { account: 'bob', group: 'GRP', method: 'password', remote: null }
  await send({ type: 'connection.authenticate', ...login })
  return { member: memberNamed('bob'), context }
}

async function record(caller: SiteCaller, download: Download, sizeBytes: number, isWhole: boolean) {
  const { race, file, recordId } = download
  const context = { ...caller.context(), commandId: recordId! }
  const sent = { race, file, sizeBytes, durationMs: 1, isWhole }
  const command = { type: 'connection.record-download', ...sent }
  await site.system.host.send({ kind: 'connection', id: context.connection! }, command, context)
}

/** How far a download of the small file comes before its process is killed. */
const STEPS = ['charged', 'given back', 'recorded', 'recorded as whole'] as const

/** Answers what the download costs in the end. */
async function crashAt(step: (typeof STEPS)[number], sentBytes: number): Promise<number> {
  const caller = await lostConnection()
  const part = { offsetBytes: 0 }
  const download = await site.ftp.site.openDownload(caller, parsePath(ROOT, SMALL), part)
  const isWhole = step === 'recorded as whole'
  const bytes = isWhole ? SMALL_BYTES : sentBytes
  if (step === 'charged') await download.content.close()
  else await download.end(bytes)
  if (step === 'recorded' || isWhole) await record(caller, download, bytes, isWhole)
  return step === 'charged' ? 0 : costOf(bytes)
}

const settle = () => site.ftp.site.settleDownloads(site.system.log, 'test')

test.each(STEPS)('a crash after it was %s leaves the charge right, once for all', async (step) => {
  await startWithFiles()
  await site.give('bob', 10_000)
  const cost = await crashAt(step, 500)
  expect(await settle()).toBe(step === 'charged' ? 1 : 0)
  expect(await site.balances('bob')).toEqual({ default: 10_000 - cost })
  expect(await settle()).toBe(0)
  expect(await site.balances('bob')).toEqual({ default: 10_000 - cost })
})

test('what could not be given back before the crash is given back by what is on record', async () => {
  await startWithFiles()
  await site.give('bob', 10_000)
  const caller = await lostConnection()
  const part = { offsetBytes: 0 }
  const download = await site.ftp.site.openDownload(caller, parsePath(ROOT, SMALL), part)
  await download.content.close()
  await record(caller, download, 500, false)
  expect(await settle()).toBe(1)
  expect(await site.balances('bob')).toEqual({ default: 10_000 - costOf(500) })
})

test('a process that knows nothing but the log settles the same, and only once', async () => {
  await startWithFiles()
  await site.give('bob', 10_000)
  const cost = await crashAt('given back', 100)
  await crashAt('charged', 0)
  const { system, ftp } = site
  const open = lost.map((id) => ({ id, node: 'test', member: 'bob' }) as OpenConnection)
  for (const settled of [1, 0]) {
    const host = createHost({
      definitions,
      log: system.log,
      store: createMemoryHostStore(),
      clock: system.clock,
      registry: new Registry(),
      report: (_, cause) => void system.faults.push(cause),
    })
    const readModels = { connections: async () => open } as unknown as ReadModels
    const deps = { ...system, host, files: ftp.files, readModels }
    const later = createSite(deps, { credits: readCreditRules('') })
    expect(await later.settleDownloads(system.log, 'test')).toBe(settled)
    const { context } = await host.state<LedgerContext>({ kind: 'ledger', id: 'bob' })
    expect(context.balances).toEqual({ default: 10_000 - cost })
    await host.stop()
  }
})

test('connections of other processes are left alone', async () => {
  await startWithFiles()
  await site.give('bob', 10_000)
  await crashAt('charged', 0)
  expect(await site.ftp.site.settleDownloads(site.system.log, 'other')).toBe(0)
  expect(await site.balances('bob')).toEqual({ default: 10_000 - costOf(SMALL_BYTES) })
})

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'whole' } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rest' as const), at: fc.nat(1_003) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('broken' as const),
      way: fc.constantFrom(...WAYS_TO_BREAK),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'refused' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('crashed' as const),
      at: fc.constantFrom(...STEPS),
      sentBytes: fc.nat(SMALL_BYTES),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'settled' } as const) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Answers what it costs besides what is on record as sent. */
async function take(each: Step): Promise<number> {
  if (each.kind === 'settled') return await settle().then(() => 0)
  if (each.kind === 'crashed') {
    const cost = await crashAt(each.at, each.sentBytes)
    // Nothing on record says that all of it was sent: it is free.
    return each.at === 'given back' && cost < costOf(SMALL_BYTES) ? cost : 0
  }
  const before = (await site.facts('connection.file-sent')).length
  const client = await site.ftp.login('bob')
  if (each.kind === 'broken') await breakOff(client, BIG, each.way)
  if (each.kind === 'whole') await client.retrieve(`RETR ${SMALL}`)
  if (each.kind === 'rest') {
    await client.say(`REST ${each.at}`, '350')
    await client.retrieve(`RETR ${SMALL}`)
  }
  if (each.kind === 'refused') {
    const data = await client.passive()
    await client.say(`RETR ${RELEASE}/nothing.bin`, '550')
    data.destroy()
  } else await site.recorded(before + 1)
  await client.close()
  return 0
}

test('after any mix of downloads the balance is what came less what was sent', async () => {
  await startWithFiles()
  let given = 0
  let unrecorded = 0
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 4, maxLength: 10 }),
    async (mix) => {
      await site.give('bob', BIG_BYTES * 10)
      given += BIG_BYTES * 10
      for (const each of mix) unrecorded += await take(each)
      await settle()
      const sent = await site.facts('connection.file-sent')
      const own = sent.filter(({ meta }) => meta.by === 'bob')
      const spent = own.reduce((sum, { data }) => sum + costOf(data.sizeBytes), unrecorded)
      expect(await site.balances('bob')).toEqual({ default: given - spent })
    },
  )
  await fc.assert(property, { numRuns: 25, endOnFailure: true })
}, 60_000)
