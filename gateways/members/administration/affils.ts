import { z } from 'zod'

import { GROUP_REFUSALS, type GroupContext, groupId } from '#actors/group/group.commands.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import { type PolicyCommand, SITE_POLICY } from '#actors/policy/policy.commands.ts'
import { isSameGroup } from '#actors/policy/who.ts'
import { sectionsNow } from '#actors/site/sections-now.ts'
import { sectionName, SITE_ACTOR_REFUSALS } from '#actors/site/site.commands.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

import {
  type AdministrationDeps,
  type Caller,
  operation,
} from '#gateways/members/administration/operation.ts'
import {
  listSections,
  makeSection,
  removeSection,
} from '#gateways/members/administration/sections.ts'
import { groupParam, noParams } from '#gateways/members/administration/shapes.ts'

const POLICY = { kind: 'policy', id: SITE_POLICY }
const PREFIX = 'pre-'

/** What a group may do in its own pre section, whatever the rights say of other places. */
const RIGHTS_BELOW = ['list', 'download', 'upload', 'makedir', 'resume', 'pre'] as const

const withGroup = z.object({ group: groupParam })
const affilShape = z
  .object({
    group: z.string(),
    section: z.string().describe("the group's pre section"),
    targets: z.array(z.string()).describe('where it publishes, the first when nothing is said'),
  })
  .meta({ id: 'Affil' })

export const addAffil = operation({
  summary: 'Makes a group an affil: with a pre section that it alone sees',
  params: withGroup.extend({
    targets: z
      .array(sectionName)
      .max(50)
      .optional()
      .describe('where it may publish, the first when nothing is said; default: everywhere'),
  }),
  result: affilShape,
  action: 'administer-rights',
  async run(deps, { group: said, targets: named }, caller) {
    const group = await groupNamed(deps, said)
    const section = PREFIX + group
    const sections = Object.entries(await sectionsNow(deps.host))
    const there = sections.find(([name]) => name.toLowerCase() === section.toLowerCase())
    if (there) {
      const words = `${group} is an affil already.`
      throw new Refusal(SITE_ACTOR_REFUSALS.sectionExists, words, { section: there[0] })
    }
    const all = sections.filter(([, { purpose }]) => purpose === 'releases').map(([name]) => name)
    const targets = named && named.length > 0 ? named : all.toSorted()
    // The rights come first: the section is never there for others to see.
    const own = rightsOf(group, section)
    await changeRights(deps, caller, 'rights', { first: own, without: [] })
    await makeSection(deps, section, { purpose: 'pre', group, targets }, caller)
    // Who has just ended the same affil may have taken them out meanwhile.
    await changeRights(deps, caller, 'rights-again', { first: own, without: [] })
    return { group, section, targets }
  },
})

export const removeAffil = operation({
  summary: 'Ends that a group is an affil, when nothing is left in its pre section',
  params: withGroup,
  result: withGroup,
  action: 'administer-rights',
  async run(deps, { group: said }, caller) {
    const sections = Object.entries(await sectionsNow(deps.host))
    const found = sections.find(
      ([, { purpose, group }]) => purpose === 'pre' && isSameGroup(group ?? '', said),
    )
    if (!found) throw noSuchAffil(said)
    const [section, { group }] = found
    await removeSection.run(deps, { section }, caller)
    const own = rightsOf(group ?? said, section)
    await changeRights(deps, caller, 'rights', { first: [], without: own })
    // Or somebody has made it anew meanwhile: it is not left without them.
    const isThere = entryOf(await sectionsNow(deps.host), section) !== undefined
    if (isThere) await changeRights(deps, caller, 'rights-again', { first: own, without: [] })
    return { group: group ?? said }
  },
})

export const listAffils = operation({
  summary: 'The affils whose pre sections one may see',
  params: noParams,
  result: z.object({ items: z.array(affilShape) }),
  async run(deps, params, caller) {
    const { items } = await listSections.run(deps, params, caller)
    return {
      items: items.flatMap(({ name, rules: { purpose, group, targets } }) =>
        purpose === 'pre' && group !== null ? [{ group, section: name, targets }] : [],
      ),
    }
  },
})

async function groupNamed({ host }: AdministrationDeps, name: string): Promise<string> {
  const ref = { kind: 'group', id: groupId(name) }
  const { value, context }: ActorState<GroupContext> = await host.state(ref)
  if (value === 'active') return context.name
  throw new Refusal(GROUP_REFUSALS.noSuchGroup, `There is no group ${name}.`, { group: name })
}

/** Lines of the rights, before all others: the first that fits decides. */
function rightsOf(group: string, section: string): string[] {
  const who = `1 =${group}`
  return [
    `privpath /${section} ${who}`,
    `list /${section} ${who}`,
    ...RIGHTS_BELOW.map((right) => `${right} /${section}/* ${who}`),
  ]
}

async function changeRights(
  { host }: AdministrationDeps,
  caller: Caller,
  step: string,
  change: { readonly first: string[]; readonly without: string[] },
): Promise<void> {
  const command: PolicyCommand = { type: 'policy.change-rights', ...change }
  await host.send(POLICY, command, caller.context(step))
}

function noSuchAffil(group: string): Refusal {
  const words = `${group} is no affil.`
  return new Refusal(SITE_ACTOR_REFUSALS.noSuchSection, words, { group })
}
