import type { ActorHost, ActorState } from '#actors/kernel/host.ts'
import type { AcceptedFile, RaceContext } from '#actors/race/race.commands.ts'
import type { SectionContext } from '#actors/section/section.commands.ts'
import { SITE, type SiteContext } from '#actors/site/site.commands.ts'
import { NO_VERSION } from '#events/fact.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import type { SectionRules } from '#events/section-rules.ts'

import { formatPath, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

/** A release's race as it is now. The context is the actor's own: read it before awaiting. */
export interface FoundRace {
  readonly id: string
  readonly section: string
  readonly release: string
  /** Who made the release; '' for the site itself. */
  readonly maker: string
  /** `NO_VERSION` when the release has been made and its race has no fact yet. */
  readonly version: number
  readonly isRemoved: boolean
  readonly isComplete: boolean
  readonly context: Readonly<RaceContext>
}

/** What is at a path. */
export type SiteNode =
  | { readonly kind: 'root' }
  | { readonly kind: 'section'; readonly section: string; readonly context: SectionContext }
  | { readonly kind: 'release'; readonly race: FoundRace }
  | { readonly kind: 'directory'; readonly race: FoundRace; readonly path: string }
  | {
      readonly kind: 'file'
      readonly race: FoundRace
      readonly path: string
      readonly file: AcceptedFile
    }
  | { readonly kind: 'absent'; readonly race: FoundRace | undefined }

/** Finds what the actors know of the site. */
export interface SiteLookup {
  /** With their rules. */
  sections(): Promise<Readonly<Record<string, SectionRules>>>
  /** Rejects with `no-such-path`. */
  rules(section: string): Promise<SectionRules>
  /** Rejects with `no-such-path`. */
  section(name: string): Promise<SectionContext>
  /** With the version, which changes when a name does. Rejects with `no-such-path`. */
  sectionState(name: string): Promise<ActorState<SectionContext>>
  /** Undefined where there is no such release, or no such section. */
  race(section: string, release: string): Promise<FoundRace | undefined>
  raceById(id: string): Promise<FoundRace>
  node(path: SitePath): Promise<SiteNode>
}

export function createSiteLookup(host: ActorHost): SiteLookup {
  const sections = async () => {
    const { context } = await host.state<SiteContext>({ kind: 'site', id: SITE })
    return context.sections
  }
  const rules = async (name: string): Promise<SectionRules> => {
    const found = entryOf(await sections(), name)
    if (!found) throw noSuchPath(`/${name}`)
    return found
  }
  const sectionState = async (name: string): Promise<ActorState<SectionContext>> => {
    await rules(name)
    return await host.state<SectionContext>({ kind: 'section', id: name })
  }
  const section = async (name: string) => (await sectionState(name)).context
  const raceById = async (id: string): Promise<FoundRace> => {
    const { value, version, context } = await host.state<RaceContext>({ kind: 'race', id })
    const isRemoved = value === 'removed'
    const isComplete = value === 'complete'
    const { section, release, maker } = context
    return { id, section, release, maker, version, isRemoved, isComplete, context }
  }
  const race = async (name: string, release: string): Promise<FoundRace | undefined> => {
    if (!entryOf(await sections(), name)) return undefined
    const { releases, makers } = await section(name)
    const id = entryOf(releases, release)
    if (id === undefined) return undefined
    const maker = entryOf(makers, release) ?? ''
    // The section's word counts: the race follows it a moment later when a release is renamed.
    return { ...(await raceById(id)), section: name, release, maker }
  }

  return {
    sections,
    rules,
    section,
    sectionState,
    race,
    raceById,
    async node(path) {
      if (path.kind === 'root') return { kind: 'root' }
      if (!entryOf(await sections(), path.section)) return { kind: 'absent', race: undefined }
      if (path.kind === 'section') {
        return { kind: 'section', section: path.section, context: await section(path.section) }
      }
      const found = await race(path.section, path.release)
      if (!found) return { kind: 'absent', race: undefined }
      if (path.kind === 'release') return { kind: 'release', race: found }
      const file = entryOf(found.context.files, path.path)
      if (file) return { kind: 'file', race: found, path: path.path, file }
      if (hasDirectory(found.context, path.path)) {
        return { kind: 'directory', race: found, path: path.path }
      }
      return { kind: 'absent', race: found }
    },
  }
}

/** Whether the directory is there; `''` is the release itself. */
export function hasDirectory(context: Readonly<RaceContext>, directory: string): boolean {
  return directory === '' || entryOf(context.directories, directory) !== undefined
}

export function noSuchPath(path: string): Refusal {
  return new Refusal(SITE_REFUSALS.noSuchPath, `${path}: No such file or directory.`)
}

export function notAFile(path: SitePath): Refusal {
  return new Refusal(SITE_REFUSALS.notAFile, `${formatPath(path)} is a directory.`)
}

export function isRecorded(race: FoundRace): boolean {
  return race.version !== NO_VERSION
}
