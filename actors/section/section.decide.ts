import {
  SECTION_REFUSALS,
  type SectionCommand,
  type SectionContext,
} from '#actors/section/section.commands.ts'
import { type DecideEnv, mayChange } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import { entryOf, isPlainKey } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import type { SectionDecided } from '#events/section.facts.ts'

export function decideSection(
  state: ActorState<SectionContext>,
  command: SectionCommand,
  env: DecideEnv,
): SectionDecided[] {
  if (command.type === 'section.create') {
    if (state.value !== 'absent') return []
    return [{ type: 'section.created', data: { name: command.name } }]
  }
  if (command.type === 'section.close') return close(state)
  if (state.value === 'absent') {
    throw new Refusal(SECTION_REFUSALS.noSuchSection, 'There is no such section.')
  }
  const { releases } = state.context
  switch (command.type) {
    case 'section.create-release': {
      const { release, race } = command
      assertFree(releases, release)
      return [{ type: 'section.release-created', data: { release, race } }]
    }
    case 'section.rename-release': {
      const { from, to } = command
      const race = raceOf(releases, from)
      assertOwn(entryOf(state.context.makers, from) ?? '', from, env)
      assertFree(releases, to)
      return [{ type: 'section.release-renamed', data: { from, to, race } }]
    }
    case 'section.remove-release': {
      const { release } = command
      const race = raceOf(releases, release)
      return [{ type: 'section.release-removed', data: { release, race } }]
    }
  }
}

function close({ value, context }: ActorState<SectionContext>): SectionDecided[] {
  if (value === 'absent') return []
  const releases = Object.keys(context.releases).length
  if (releases === 0) return [{ type: 'section.closed', data: {} }]
  const words = `${context.name} has releases: ${releases}.`
  throw new Refusal(SECTION_REFUSALS.sectionNotEmpty, words, { releases })
}

function assertOwn(member: string, release: string, env: DecideEnv): void {
  if (mayChange(member, env)) return
  const words = `${release} belongs to ${member}.`
  throw new Refusal(SECTION_REFUSALS.notYours, words, { release, member })
}

function assertFree(releases: Readonly<Record<string, string>>, release: string): void {
  if (!isPlainKey(release)) {
    throw new Refusal(SECTION_REFUSALS.invalidName, `${release} cannot be a release's name.`)
  }
  if (entryOf(releases, release) === undefined) return
  throw new Refusal(SECTION_REFUSALS.releaseExists, `${release} already exists.`, { release })
}

function raceOf(releases: Readonly<Record<string, string>>, release: string): string {
  const race = entryOf(releases, release)
  if (race !== undefined) return race
  throw new Refusal(SECTION_REFUSALS.noSuchRelease, `There is no release ${release}.`, { release })
}
