import { accountId } from '#actors/account/account.commands.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { type LedgerContext, ratioIn } from '#actors/ledger/ledger.commands.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import { entryOf } from '#events/records.ts'

import type { SiteLookup } from '#gateways/site/lookup.ts'

/** What publishing a release would do. */
export interface PublicationPreview {
  readonly section: string
  readonly release: string
  readonly to: string
  readonly group: string
  readonly files: number
  readonly sizeBytes: number
  readonly uploaders: readonly {
    readonly member: string
    readonly group: string
    readonly files: number
    readonly sizeBytes: number
    /** What they would be credited with, by their ratio in that section. */
    readonly creditBytes: number
  }[]
  readonly findings: readonly Finding[]
}

export interface Finding {
  /** It cannot be published so. */
  readonly isBlocking: boolean
  readonly words: string
}

interface Asked {
  readonly section: string
  readonly release: string
  readonly to: string
  readonly group: string
}

export async function previewOf(
  { host, lookup }: { readonly host: ActorHost; readonly lookup: SiteLookup },
  asked: Asked,
  race: Readonly<RaceContext>,
): Promise<PublicationPreview> {
  const { release, to } = asked
  const sums = uploadersOf(race)
  const uploaders = await Promise.all(
    sums.map(async (sum) => {
      const ref = { kind: 'ledger', id: accountId(sum.member) }
      const { context } = await host.state<LedgerContext>(ref)
      return { ...sum, creditBytes: Math.floor(sum.sizeBytes * ratioIn(context, to)) }
    }),
  )
  const { releases } = await lookup.section(to)
  const isTaken = entryOf(releases, release) !== undefined
  const findings = isTaken ? [blocking(`there is a ${release} in ${to} already`)] : []
  const files = sums.reduce((sum, each) => sum + each.files, 0)
  return {
    ...asked,
    files,
    sizeBytes: race.sizeBytes,
    uploaders,
    findings: [...findings, ...findingsIn(race, files)],
  }
}

function findingsIn(race: Readonly<RaceContext>, files: number): Finding[] {
  const names = Object.keys(race.files)
  const [busy] = Object.keys(race.uploads)
  const missing = race.expectedCount - race.doneCount
  const bad = Object.values(race.files).filter(({ isBad }) => isBad).length
  const hasSfv = Object.keys(race.sfvs).length > 0 || Object.keys(race.zips).length > 0
  const hasNfo = names.some((name) => /\.nfo$/i.test(name))
  return [
    ...(race.nuke ? [blocking('it is nuked')] : []),
    ...(busy === undefined ? [] : [blocking(`${busy} is being uploaded`)]),
    ...(files === 0 ? [blocking('it has no files')] : []),
    ...(hasSfv || files === 0 ? [] : [warning('it has no sfv')]),
    ...(missing > 0 ? [warning(`it is incomplete: ${missing} missing`)] : []),
    ...(bad > 0 ? [warning(`${bad} bad`)] : []),
    ...(hasNfo || files === 0 ? [] : [warning('it has no nfo')]),
  ]
}

const blocking = (words: string): Finding => ({ isBlocking: true, words })
const warning = (words: string): Finding => ({ isBlocking: false, words })

/** As the race itself will say it: what a rescan has found nobody has brought. */
function uploadersOf({ files }: Pick<RaceContext, 'files'>) {
  const sums = new Map<
    string,
    { member: string; group: string; files: number; sizeBytes: number }
  >()
  for (const { member, group, sizeBytes, isBad } of Object.values(files)) {
    if (isBad || member === '') continue
    const sum = sums.get(member) ?? { member, group, files: 0, sizeBytes: 0 }
    sums.set(member, { ...sum, files: sum.files + 1, sizeBytes: sum.sizeBytes + sizeBytes })
  }
  return [...sums.values()].toSorted((one, other) => other.sizeBytes - one.sizeBytes)
}
