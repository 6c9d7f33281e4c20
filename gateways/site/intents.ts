import type { CommandContext, Receipt } from '#actors/kernel/host.ts'
import type { RaceCommand } from '#actors/race/race.commands.ts'
import { SECTION_REFUSALS, type SectionCommand } from '#actors/section/section.commands.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import type { SiteIntent } from '#events/site-files.ts'

import { hasDirectory, isRecorded } from '#gateways/site/lookup.ts'
import { locationOf, type SiteParts } from '#gateways/site/parts.ts'

type Intent<K extends SiteIntent['kind']> = Extract<SiteIntent, { kind: K }>
type Step = Promise<Receipt | void>
type NextContext = () => CommandContext

/**
 * Makes everything follow the fact that an intent was kept for; does nothing when that fact
 * was never recorded. Run after the fact, and again at start-up: twice is as good as once.
 */
export async function completeIntent(
  parts: SiteParts,
  intent: SiteIntent,
  context: NextContext,
): Promise<Receipt | undefined> {
  const complete = STEPS[intent.kind] as (p: SiteParts, i: SiteIntent, c: NextContext) => Step
  return (await complete(parts, intent, context)) ?? undefined
}

const STEPS: {
  readonly [K in SiteIntent['kind']]: (p: SiteParts, i: Intent<K>, c: NextContext) => Step
} = {
  async 'make-release'(parts, { section, release, race }, context) {
    const { releases } = await parts.lookup.section(section)
    if (entryOf(releases, release) !== race) return
    const receipt = isRecorded(await parts.lookup.raceById(race))
      ? undefined
      : await sendRace(parts, race, { type: 'race.create', section, release }, context())
    await parts.files.makeDirectory([section, release])
    return receipt
  },

  async 'rename-release'(parts, { section, from, to, race }, context) {
    const { releases } = await parts.lookup.section(section)
    if (entryOf(releases, to) !== race) return
    const isFromFree = entryOf(releases, from) === undefined
    const found = await parts.lookup.raceById(race)
    const type = isRecorded(found) ? 'race.rename' : 'race.create'
    const receipt =
      found.context.release === to
        ? undefined
        : await sendRace(parts, race, { type, section, release: to }, context())
    if (isFromFree) await parts.files.move([section, from], [section, to])
    return receipt
  },

  async 'rename-nuked'(parts, { section, from, to, race, isNuked }, context) {
    const { context: state } = await parts.lookup.raceById(race)
    if (from === to || (state.nuke !== null) !== isNuked) return
    const { releases } = await parts.lookup.section(section)
    if (entryOf(releases, from) === race) {
      const command = { type: 'section.rename-release', from, to } as const
      try {
        await sendSection(parts, section, command, { ...context(), isGranted: true })
      } catch (cause) {
        // Somebody has taken the name meanwhile: the nuke stands without it.
        if (cause instanceof Refusal && cause.code === SECTION_REFUSALS.releaseExists) return
        throw cause
      }
    }
    return await STEPS['rename-release'](
      parts,
      { kind: 'rename-release', section, from, to, race },
      context,
    )
  },

  /** The race's own fact decides: before it the name in the new section is given up again. */
  async 'publish-release'(parts, { from, to, release, race }, context) {
    const found = await parts.lookup.raceById(race)
    const isPublished = found.context.published !== null && found.context.section === to
    const left = isPublished ? from : to
    const command = { type: 'section.remove-release', release } as const
    const { releases } = await parts.lookup.section(left)
    const receipt =
      entryOf(releases, release) === race
        ? await sendSection(parts, left, command, context())
        : undefined
    const isFree = entryOf((await parts.lookup.section(from)).releases, release) === undefined
    if (isPublished && isFree) await parts.files.move([from, release], [to, release])
    return receipt
  },

  async 'remove-release'(parts, { section, release, race }, context) {
    if (!(await parts.lookup.raceById(race)).isRemoved) return
    const owner = entryOf((await parts.lookup.section(section)).releases, release)
    const receipt =
      owner === race
        ? await sendSection(parts, section, { type: 'section.remove-release', release }, context())
        : undefined
    if (owner === race || owner === undefined) await parts.files.remove([section, release])
    for (const staged of await parts.files.staged()) {
      if (staged.race === race) await parts.files.discard(staged)
    }
    return receipt
  },

  async 'make-directory'(parts, { race, path }) {
    const found = await parts.lookup.raceById(race)
    if (hasDirectory(found.context, path)) await parts.files.makeDirectory(locationOf(found, path))
  },

  async 'remove-directory'(parts, { race, path }) {
    const found = await parts.lookup.raceById(race)
    if (!hasDirectory(found.context, path)) await parts.files.remove(locationOf(found, path))
  },

  async 'delete-file'(parts, { race, path }) {
    const found = await parts.lookup.raceById(race)
    if (!entryOf(found.context.files, path)) await parts.files.remove(locationOf(found, path))
  },

  async 'rename-file'(parts, { race, from, to }) {
    const found = await parts.lookup.raceById(race)
    const { files } = found.context
    if (!entryOf(files, to) || entryOf(files, from)) return
    await parts.files.move(locationOf(found, from), locationOf(found, to))
  },
}

export function sendRace(
  { host }: SiteParts,
  id: string,
  command: RaceCommand,
  context: CommandContext,
): Promise<Receipt> {
  return host.send({ kind: 'race', id }, command, context)
}

export function sendSection(
  { host }: SiteParts,
  id: string,
  command: SectionCommand,
  context: CommandContext,
): Promise<Receipt> {
  return host.send({ kind: 'section', id }, command, context)
}
