import type { ActorState } from '#actors/kernel/host.ts'
import { changedFields } from '#actors/kernel/changed-fields.ts'
import {
  SITE_ACTOR_REFUSALS,
  type SiteCommand,
  type SiteContext,
  SITE_LIMITS,
} from '#actors/site/site.commands.ts'
import { entryOf, isPlainKey } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { DEFAULT_SECTION_RULES, type SectionRules, withRules } from '#events/section-rules.ts'
import type { SiteDecided } from '#events/site.facts.ts'

export function decideSite(
  { version, context: { sections } }: ActorState<SiteContext>,
  command: SiteCommand,
): SiteDecided[] {
  switch (command.type) {
    case 'site.create':
      // Once: a site whose sections were all removed is not given the first one again.
      return version >= 0 ? [] : [added(command.name, DEFAULT_SECTION_RULES)]
    case 'site.add-section': {
      const { section } = command
      const rules = withRules(DEFAULT_SECTION_RULES, command.rules)
      assertNew(sections, section)
      assertRules(section, rules, sections)
      return [added(section, rules)]
    }
    case 'site.change-section': {
      const { section } = command
      const present = rulesOf(sections, section)
      const changes = changedFields(present, command.changes)
      if (!changes) return []
      const rules = { ...present, ...changes }
      assertRules(section, rules, sections)
      if (rules.purpose !== 'releases') assertNoTarget(section, sections)
      return [{ type: 'site.section-changed', data: { section, changes } }]
    }
    case 'site.remove-section': {
      const { section } = command
      rulesOf(sections, section)
      assertNoTarget(section, sections)
      return [{ type: 'site.section-removed', data: { section } }]
    }
    case 'site.clear-dupes': {
      const { names, of } = command
      return names.map((name) => ({ type: 'site.dupe-cleared', data: { name, of } }))
    }
    case 'site.declare-dupes': {
      const { names, of } = command
      return names.map((name) => ({ type: 'site.dupe-declared', data: { name, of } }))
    }
  }
}

function added(section: string, rules: SectionRules): SiteDecided {
  return { type: 'site.section-added', data: { section, rules } }
}

function rulesOf(sections: SiteContext['sections'], section: string): SectionRules {
  const rules = entryOf(sections, section)
  if (rules) return rules
  const words = `There is no section ${section}.`
  throw new Refusal(SITE_ACTOR_REFUSALS.noSuchSection, words, { section })
}

function assertNew(sections: SiteContext['sections'], section: string): void {
  if (!isPlainKey(section)) throw invalid('name', `${section} cannot be a section's name.`)
  if (entryOf(sections, section)) {
    const words = `There is a section ${section} already.`
    throw new Refusal(SITE_ACTOR_REFUSALS.sectionExists, words, { section })
  }
  if (Object.keys(sections).length < SITE_LIMITS.sections) return
  const words = `A site has at most ${SITE_LIMITS.sections} sections.`
  throw new Refusal(SITE_ACTOR_REFUSALS.tooManySections, words)
}

/** What a pre section publishes into stays a section for releases. */
function assertNoTarget(section: string, sections: SiteContext['sections']): void {
  const using = Object.entries(sections).find(([, { targets }]) => targets.includes(section))
  if (!using) return
  const [by] = using
  const words = `${by} publishes its releases in ${section}.`
  throw new Refusal(SITE_ACTOR_REFUSALS.sectionInUse, words, { section, by })
}

/** What the shape of the rules does not say. */
function assertRules(
  section: string,
  { purpose, group, targets, releaseNames }: SectionRules,
  sections: SiteContext['sections'],
): void {
  if (purpose === 'pre' && group === null) {
    throw invalid('group', 'A pre section belongs to a group.')
  }
  for (const target of targets) {
    if (entryOf(sections, target)?.purpose === 'releases' && target !== section) continue
    throw invalid('targets', `${target} is no section that releases can be published in.`)
  }
  if (releaseNames === null) return
  try {
    new RegExp(releaseNames, 'u')
  } catch {
    throw invalid('releaseNames', 'That is no regular expression.')
  }
}

function invalid(rule: string, words: string): Refusal {
  return new Refusal(SITE_ACTOR_REFUSALS.invalidRule, words, { rule })
}
