import { z } from 'zod'

import type { SectionCommand } from '#actors/section/section.commands.ts'
import { sectionsNow } from '#actors/site/sections-now.ts'
import {
  sectionName,
  SITE,
  SITE_ACTOR_REFUSALS,
  type SiteCommand,
} from '#actors/site/site.commands.ts'
import { isSameGroup } from '#actors/policy/who.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { type SectionRules, sectionRules } from '#events/section-rules.ts'

import {
  type AdministrationDeps,
  type Caller,
  operation,
} from '#gateways/members/administration/operation.ts'
import { rulesShape } from '#gateways/members/administration/section-shape.ts'
import { noParams } from '#gateways/members/administration/shapes.ts'
import { camelCased, snakeCased } from '#gateways/members/administration/snake-case.ts'

type Rules = z.output<typeof rulesShape>

/** What is not said is as by default. */
type SomeRules = Extract<SiteCommand, { type: 'site.add-section' }>['rules']

const sectionParam = sectionName.describe('name of the section')
const withSection = z.object({ section: sectionParam })
const someRules = rulesShape.partial().describe('those that are other than by default, or change')

const sectionShape = z.object({ name: z.string(), rules: rulesShape }).meta({ id: 'Section' })
type Section = z.output<typeof sectionShape>

export const listSections = operation({
  summary: 'The sections of the site with their rules',
  params: noParams,
  result: z.object({ items: z.array(sectionShape) }),
  async run(deps, _, caller) {
    const shown = await sectionsShownTo(deps, caller)
    return { items: shown.toSorted((one, other) => (one.name < other.name ? -1 : 1)) }
  },
})

export const showSection = operation({
  summary: 'A section with its rules',
  params: withSection,
  result: sectionShape,
  async run(deps, { section }, caller) {
    const found = (await sectionsShownTo(deps, caller)).find(({ name }) => name === section)
    if (!found) throw noSuchSection(section)
    return found
  },
})

export const addSection = operation({
  summary: 'Makes a section',
  params: z.object({ name: sectionParam, rules: someRules.optional() }),
  result: sectionShape,
  action: 'administer-rights',
  async run(deps, { name, rules }, caller) {
    if (rules?.purpose === 'pre') throw ofAffils(name)
    await makeSection(deps, name, rulesOf(rules ?? {}), caller)
    return await sectionNow(deps, name)
  },
})

/** A pre section too: who makes one has written the rights that hide it from other groups. */
export async function makeSection(
  deps: Pick<AdministrationDeps, 'host'>,
  section: string,
  rules: SomeRules,
  { context }: Pick<Caller, 'context'>,
): Promise<void> {
  // First what the section is made of: a crash then leaves nothing that anybody sees.
  const create: SectionCommand = { type: 'section.create', name: section }
  await deps.host.send({ kind: 'section', id: section }, create, context('create'))
  await send(deps, { type: 'site.add-section', section, rules }, context('add'))
}

export const setSection = operation({
  summary: 'Changes rules of a section',
  params: withSection.extend({ rules: someRules }),
  result: sectionShape,
  action: 'administer-rights',
  async run(deps, { section, rules }, { context }) {
    const changes = rulesOf(rules)
    const { purpose, group } = await rulesNow(deps, section)
    const { purpose: other = purpose, group: otherGroup = group } = changes
    const isPre = [purpose, other].includes('pre')
    // The rights name the group: another one would see nothing, and this one everything.
    if (isPre && (other !== purpose || otherGroup !== group)) throw ofAffils(section)
    await send(deps, { type: 'site.change-section', section, changes }, context())
    return await sectionNow(deps, section)
  },
})

export const removeSection = operation({
  summary: 'Removes a section that has no releases',
  params: withSection,
  result: withSection,
  action: 'administer-rights',
  async run(deps, { section }, { context }) {
    await sectionNow(deps, section)
    const at = (command: SectionCommand, step: string) =>
      deps.host.send({ kind: 'section', id: section }, command, context(step))
    // From then on nobody makes a release in it.
    await at({ type: 'section.close' }, 'close')
    try {
      await send(deps, { type: 'site.remove-section', section }, context('remove'))
    } catch (cause) {
      await at({ type: 'section.create', name: section }, 'reopen')
      throw cause
    }
    return { section }
  },
})

async function send(
  { host }: Pick<AdministrationDeps, 'host'>,
  command: SiteCommand,
  context: ReturnType<Caller['context']>,
): Promise<void> {
  await host.send({ kind: 'site', id: SITE }, command, context)
}

async function sectionNow(deps: Pick<AdministrationDeps, 'host'>, name: string): Promise<Section> {
  return { name, rules: rendered(await rulesNow(deps, name)) }
}

async function rulesNow(
  { host }: Pick<AdministrationDeps, 'host'>,
  section: string,
): Promise<SectionRules> {
  const rules = entryOf(await sectionsNow(host), section)
  if (!rules) throw noSuchSection(section)
  return rules
}

/** Those that the caller may know of. A group's pre section is the group's. */
export async function sectionsShownTo(
  { host, policy }: Pick<AdministrationDeps, 'host' | 'policy'>,
  { member }: Pick<Caller, 'member'>,
): Promise<Section[]> {
  const sections = Object.entries(await sectionsNow(host))
  const all = sections.map(([name, rules]) => ({ name, rules: rendered(rules) }))
  if (!member) return all
  const view = await policy.viewOf(member)
  if (view.ask({ action: 'administer-rights' }).isAllowed) return all
  if (!view.ask({ action: 'list', path: '/' }).isAllowed) return []
  const seen = all.filter(({ name, rules: { purpose, group } }) => {
    const isOthers =
      purpose === 'pre' && !member.groups.some((own) => isSameGroup(own, group ?? ''))
    return !isOthers && view.sees(`/${name}`)
  })
  const names = new Set(seen.map(({ name }) => name))
  return seen.map(({ name, rules }) => {
    return { name, rules: { ...rules, targets: rules.targets.filter((each) => names.has(each)) } }
  })
}

function rendered(rules: SectionRules): Rules {
  return snakeCased({ ...rules }) as Rules
}

function rulesOf(said: { readonly [R in keyof Rules]?: Rules[R] | undefined }) {
  return sectionRules.partial().parse(camelCased(said))
}

export const SECTION_REFUSALS = {
  /** Its rights come with it. Field `section`. */
  preSectionOfAffil: 'pre-section-of-affil',
} as const

function ofAffils(section: string): Refusal {
  const words =
    'The pre section of a group comes and goes with its affil, which writes the rights that hide it: affil.add and affil.remove, SITE ADDAFFIL and SITE DELAFFIL.'
  return new Refusal(SECTION_REFUSALS.preSectionOfAffil, words, { section })
}

function noSuchSection(section: string): Refusal {
  const words = `There is no section ${section}.`
  return new Refusal(SITE_ACTOR_REFUSALS.noSuchSection, words, { section })
}
