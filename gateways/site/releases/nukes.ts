import type { CommandContext, Receipt } from '#actors/kernel/host.ts'
import { RACE_REFUSALS } from '#actors/race/race.commands.ts'
import { SECTION_REFUSALS } from '#actors/section/section.commands.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { sendRace } from '#gateways/site/intents.ts'
import { change } from '#gateways/site/journal.ts'
import { type FoundRace, isRecorded } from '#gateways/site/lookup.ts'
import { lockOfName, lockOfRace, type SiteParts } from '#gateways/site/parts.ts'
import { parsePath, ROOT, SITE_LIMITS, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { rightsOf, type SiteRights } from '#gateways/site/rights.ts'
import { seenRelease } from '#gateways/site/releases/seen-node.ts'
import { isStatusName } from '#gateways/site/listings/status.ts'

export type NukedFact = Extract<KnownFact, { type: 'race.nuked' }>

/** What a nuke or its undoing has done. */
export interface NukeReceipt {
  readonly receipt: Receipt
  readonly section: string
  /** What the release is called now. */
  readonly release: string
  /** The nuke, or the one that was undone. */
  readonly nuked: Pick<NukedFact['data'], 'multiplier' | 'reason'> & Partial<NukedFact['data']>
}

export interface SiteNukes {
  /** `multiplier` 0 takes no credits. Uploads that run there are broken off. */
  nuke(caller: SiteCaller, path: SitePath, multiplier: number, reason: string): Promise<NukeReceipt>
  /** The release by its name now or that of before. It gets that name again. */
  unnuke(caller: SiteCaller, path: SitePath, reason: string): Promise<NukeReceipt>
}

const MIB = 2 ** 20
/** Tried in turn when the name of a nuked release is taken. */
const SUFFIXES = ['', ...Array.from({ length: 20 }, (_, index) => `.${index + 2}`)]

export function createSiteNukes(parts: SiteParts): SiteNukes {
  const { lookup } = parts
  return {
    async nuke(caller, path, multiplier, reason) {
      const rights = await rightsOf(parts, caller)
      const race = await seenRelease(parts, rights, 'nuke', path)
      const { id, section, release: from } = race
      const rules = await lookup.rules(section)
      if (rules.purpose === 'pre') {
        throw new Refusal(SITE_REFUSALS.notPublished, `${from} is not published yet.`)
      }
      const limit = rules.nukeMultiplierMax
      if (multiplier > limit) {
        const words = `The multiplier is ${limit} at most.`
        throw new Refusal(SITE_REFUSALS.multiplierTooHigh, words, { limit })
      }
      const { releases } = await lookup.section(section)
      const to = race.context.nuke ? from : nukedName(parts, rules.nukedName, releases, race)
      const emptyBytes = rules.emptyNukeMib * MIB
      let facts: Receipt['facts'] = []
      const receipt = await change(parts, locksOf(id, section, from, to), caller, {
        intent: { kind: 'rename-nuked', section, from, to, race: id, isNuked: true },
        record: async () => {
          await create(parts, race, caller.context())
          const command = { type: 'race.nuke', multiplier, reason, emptyBytes } as const
          const done = await sendRace(parts, id, command, caller.context())
          facts = done.facts
          return done
        },
      })
      const nuked = facts.find((each): each is NukedFact => each.type === 'race.nuked')?.data
      const { release } = (await lookup.raceById(id)).context
      return { receipt, section, release, nuked: nuked ?? { multiplier, reason } }
    },

    async unnuke(caller, path, reason) {
      const rights = await rightsOf(parts, caller)
      const race = await seenRelease(parts, rights, 'unnuke', await nukedPath(parts, rights, path))
      const { id, section, release: from } = race
      const { nuke } = race.context
      if (!nuke) throw new Refusal(RACE_REFUSALS.notNuked, `${from} is not nuked.`)
      const to = nuke.name
      const { releases } = await lookup.section(section)
      const taken = entryOf(releases, to)
      if (taken !== undefined && taken !== id) {
        const words = `There is another ${to}: rename or remove that first.`
        throw new Refusal(SECTION_REFUSALS.releaseExists, words, { release: to })
      }
      const { multiplier, reason: why } = nuke
      const receipt = await change(parts, locksOf(id, section, from, to), caller, {
        intent: { kind: 'rename-nuked', section, from, to, race: id, isNuked: false },
        record: () => sendRace(parts, id, { type: 'race.unnuke', reason }, caller.context()),
      })
      const { release } = (await lookup.raceById(id)).context
      return { receipt, section, release, nuked: { multiplier, reason: why } }
    },
  }
}

/** As glFTPd, which takes the name without what the nuke has put to it as well. */
async function nukedPath(
  { lookup }: SiteParts,
  rights: SiteRights,
  path: SitePath,
): Promise<SitePath> {
  if (path.kind !== 'release') return path
  const { section, release } = path
  const found = await lookup.race(section, release)
  if (found?.context.nuke || !entryOf(await lookup.sections(), section)) return path
  const called = (await lookup.rules(section)).nukedName.replaceAll('%N', release)
  const nuked = await lookup.race(section, called)
  const isNuked = nuked?.context.nuke?.name === release
  // A refusal that names what it is called now would tell that it is there.
  return isNuked && rights.sees({ ...path, release: called }) ? { ...path, release: called } : path
}

/** Of a release that was made and has no fact yet. */
async function create(parts: SiteParts, race: FoundRace, context: CommandContext): Promise<void> {
  if (isRecorded(race)) return
  const { id, section, release } = race
  await sendRace(parts, id, { type: 'race.create', section, release }, context)
}

/** What a nuked release is called: cut to the length of a name, and one that is free. */
function nukedName(
  { siteName }: SiteParts,
  style: string,
  releases: Readonly<Record<string, string>>,
  { section, release, id }: FoundRace,
): string {
  const room = SITE_LIMITS.nameBytes - Buffer.byteLength(style.replaceAll('%N', ''))
  for (const suffix of SUFFIXES) {
    const name = style.replaceAll('%N', cutTo(release, room - suffix.length)) + suffix
    const path = parsePath(ROOT, `/${section}/${name}`)
    if (path.kind !== 'release' || isStatusName(name, siteName)) break
    const owner = entryOf(releases, path.release)
    if (owner === undefined || owner === id) return path.release
  }
  const words = `There is no free name left for ${release} when it is nuked.`
  throw new Refusal(SECTION_REFUSALS.releaseExists, words, { release })
}

/** The longest beginning of so many bytes, with whole characters. */
function cutTo(name: string, bytes: number): string {
  let cut = name
  while (Buffer.byteLength(cut) > bytes && cut !== '') cut = Array.from(cut).slice(0, -1).join('')
  return cut
}

function locksOf(race: string, section: string, ...names: readonly string[]): string[] {
  return [lockOfRace(race), ...names.map((name) => lockOfName(section, name))]
}
