import type { LedgerCommand, LedgerContext } from '#actors/ledger/ledger.commands.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { readCreditRules } from '#gateways/site/transfers/credit-rules.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { startFtp } from '#test/conformance/ftp-fixture.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

/** More than all buffers between two sockets of one machine: a client that reads nothing stops it. */
export const BIG_BYTES = 24 * 1024 * 1024
export const RELEASE = '/incoming/R'

/** A site where downloads cost credits, with a release that ana has made. */
export async function startPaidSite(creditLoss = '', system?: TestSystem) {
  const on = system ?? (await createTestSystem())
  await on.addMember({ name: 'ana' })
  await on.addMember({ name: 'bob' })
  const ftp = await startFtp({ system: on, credits: readCreditRules(creditLoss) })
  const ana = await ftp.login('ana')
  await ana.say(`MKD ${RELEASE}`, '257')
  return {
    ftp,
    ana,
    system: on,
    async give(member: string, bytes: number, section = 'default') {
      const cause = { kind: 'gift' } as const
      await sendLedger(on, member, { type: 'ledger.credit', section, bytes, cause })
    },
    setRatio: (member: string, ratio: number) =>
      sendLedger(on, member, { type: 'ledger.set-ratio', section: 'default', ratio }),
    balances: (member: string) => balancesOf(on, member),
    facts: <T extends KnownFact['type']>(type: T) => factsOf(on, type),
    recorded: (downloads: number) => recorded(on, downloads),
    async stop() {
      await ana.close()
      await ftp.stop()
      await on.stop()
    },
  }
}

export type PaidSite = Awaited<ReturnType<typeof startPaidSite>>

async function sendLedger({ host, ids }: TestSystem, member: string, command: LedgerCommand) {
  const context = { by: null, connection: null, commandId: ids.next() }
  await host.send({ kind: 'ledger', id: member }, command, context)
}

export async function balancesOf({ host }: TestSystem, member: string) {
  const { context } = await host.state<LedgerContext>({ kind: 'ledger', id: member })
  return context.balances
}

type FactOfType<T extends KnownFact['type']> = Extract<KnownFact, { type: T }>

async function factsOf<T extends KnownFact['type']>(
  { log }: TestSystem,
  type: T,
): Promise<FactOfType<T>[]> {
  const found: FactOfType<T>[] = []
  for await (const fact of log.readAll({ kinds: [type.split('.')[0]!] })) {
    if (fact.type === type) found.push(fact as FactOfType<T>)
  }
  return found
}

export const WAYS_TO_BREAK = ['ABOR', 'data connection', 'control connection'] as const

/** Begins to download what is too big to go through unread, and breaks it off when bytes have come. */
export async function breakOff(
  client: FtpClient,
  path: string,
  way: (typeof WAYS_TO_BREAK)[number],
): Promise<void> {
  const data = await client.passive()
  await client.say(`RETR ${path}`, '150')
  await new Promise((resolve) => data.once('readable', resolve))
  if (way === 'ABOR') await client.say('ABOR', '426')
  if (way === 'control connection') await client.close()
  data.destroy()
  if (way === 'data connection') await client.expect('426')
}

/** Resolves when so many downloads are on record. */
async function recorded(system: TestSystem, downloads: number): Promise<void> {
  while ((await factsOf(system, 'connection.file-sent')).length < downloads) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}
