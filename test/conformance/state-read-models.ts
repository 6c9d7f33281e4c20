import type { ActorHost } from '#actors/kernel/host.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { SectionContext } from '#actors/section/section.commands.ts'
import { isNfo, isSample, isSfv, kindOf } from '#events/release-kind.ts'
import type { OpenConnection, RaceDetail, ReadModels } from '#projections/read-models.ts'
import type { TestSystem } from '#test/harness.ts'

/** The answers that projections would give, taken from the actors themselves. */
export function readModelsOfState({ host, log }: TestSystem): ReadModels {
  const detail = (id: string) => raceDetail(host, id)
  const none = { items: [], nextCursor: null, position: 0 }
  return {
    reached: async () => true,
    races: async () => none,
    race: detail,
    async racesByName(section, releases) {
      const state = await host.state<SectionContext>({ kind: 'section', id: section })
      const known = releases
        .map((name) => state.context.releases[name])
        .filter((id) => id !== undefined)
      return (await Promise.all(known.map(detail))).filter((race) => race !== undefined)
    },
    member: async () => undefined,
    async connections() {
      const open = new Map<string, OpenConnection>()
      for await (const { type, stream, data, meta } of log.readAll({ kinds: ['connection'] })) {
        if (type === 'connection.closed') open.delete(stream)
        if (type === 'connection.opened') {
          open.set(stream, {
            id: stream.slice('connection-'.length),
            gateway: 'ftp',
            remote: null,
            method: null,
            node: 'test',
            secured: false,
            member: null,
            group: null,
            openedAt: meta.at,
            upload: null,
          })
        }
        const { account: member, group } = data as { account: string; group: string }
        const before = open.get(stream)
        if (type === 'connection.authenticated' && before)
          open.set(stream, { ...before, member, group })
      }
      return [...open.values()]
    },
    audit: async () => none,
    ...NOT_ASKED,
  }
}

/** What FTP never asks for. */
const NOT_ASKED = Object.fromEntries(
  [
    'accounts',
    'account',
    'lastSeen',
    'traffic',
    'topMembers',
    'nukes',
    'topNukees',
    'requests',
    'topGroups',
    'groups',
    'group',
    'ledger',
    'balances',
    'lockouts',
    'sessions',
    'tokens',
    'releases',
    'releaseFiles',
    'dupesOf',
    'declaredDupes',
    'sectionTotals',
  ].map((query) => [query, () => Promise.reject(new Error(`FTP asks for ${query}`))]),
) as unknown as Pick<
  ReadModels,
  | 'accounts'
  | 'account'
  | 'lastSeen'
  | 'traffic'
  | 'topMembers'
  | 'nukes'
  | 'topNukees'
  | 'requests'
  | 'topGroups'
  | 'groups'
  | 'group'
  | 'ledger'
  | 'balances'
  | 'lockouts'
  | 'sessions'
  | 'tokens'
  | 'releases'
  | 'releaseFiles'
  | 'dupesOf'
  | 'declaredDupes'
  | 'sectionTotals'
>

async function raceDetail(host: ActorHost, id: string): Promise<RaceDetail | undefined> {
  const { value, version, context } = await host.state<RaceContext>({ kind: 'race', id })
  if (version < 0) return undefined
  const { section, release, files, expected } = context
  const listed = Object.keys(expected).filter((path) => !files[path])
  return {
    id,
    section,
    release,
    state: value as RaceDetail['state'],
    kind: kindOf([...Object.keys(expected), ...Object.keys(files)]),
    hasNfo: Object.keys(files).some(isNfo),
    hasSfv: Object.keys(files).some(isSfv),
    hasSample: Object.keys(files).some(isSample),
    expectedFiles: context.expectedCount,
    filesDone: context.doneCount,
    badFiles: Object.values(files).filter((file) => file.isBad).length,
    sizeBytes: context.sizeBytes,
    racers: Object.keys(context.racers).length,
    leader: context.leader,
    createdAt: 0,
    startedAt: null,
    completedAt: null,
    nukedAt: null,
    nuker: null,
    nukeMultiplier: null,
    nukeReason: null,
    publishedAt: null,
    publishedBy: null,
    position: 0,
    standings: [],
    zips: Object.entries(context.zips).map(([folder, set]) => ({ folder, ...set })),
    audio: context.audio,
    files: [
      ...listed.map((file) => ({ file, state: 'missing' as const })),
      ...Object.keys(files).map((file) => ({
        file,
        state: files[file]!.isBad ? ('bad' as const) : ('ok' as const),
      })),
    ].map((each) => ({
      ...each,
      member: null,
      sizeBytes: 0,
      crc32: null,
      expectedCrc32: null,
      acceptedAt: null,
    })),
  }
}
