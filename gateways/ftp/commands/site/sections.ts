import { ruleText } from '#gateways/cli/admin/section-commands.ts'
import { rulesIn } from '#gateways/members/administration/section-rule-words.ts'

import { listed, mebibytes } from '#gateways/ftp/commands/site/lines.ts'
import {
  type ResultOf,
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'

type Section = ResultOf<'section.show'>

/** What the site is divided into, by which rules, and how much room there is. */
export const sectionCommands: SiteCommandTable = {
  SECTIONS: {
    help: 'lists the sections of the site, or shows the rules of one',
    usage: ['[<section>]'],
    words: [0, 1],
    async run({ ask, words: [section] }) {
      if (section !== undefined) return shown(await ask('section.show', { section }))
      const { items } = await ask('section.list', {})
      return listed('Sections:', items, COLUMNS, 'section')
    },
  },
  SECTION: {
    help: 'makes, changes or removes a section',
    usage: [
      'ADD <section> [<rule>=<value> ...]',
      'SET <section> <rule>=<value> ...',
      'REMOVE <section>',
    ],
    words: [2],
    isChange: true,
    async run(call) {
      const [verb = '', section = '', ...rest] = call.words
      const name = verb.toUpperCase()
      const change = Object.hasOwn(CHANGES, name) ? CHANGES[name] : undefined
      if (!change) throw wrong('it is ADD, SET or REMOVE')
      return await change(call, section, rest)
    },
  },
  DF: {
    help: 'tells how much room is left, and what lies in each section',
    usage: [''],
    words: [0, 0],
    async run({ session }) {
      const { freeBytes, totalBytes, sections } = await session.site.space(session.caller())
      const [free, total] = [mebibytes(freeBytes), mebibytes(totalBytes)]
      const title = `${free} MiB of ${total} MiB are free.`
      return listed(title, sections, SPACE_COLUMNS, 'section')
    },
  },
}

type Change = (
  call: SiteCall,
  section: string,
  rest: readonly string[],
) => Promise<string | readonly string[]>

const CHANGES: Readonly<Record<string, Change>> = {
  async ADD({ ask }, name, rest) {
    return shown(await ask('section.add', { name, rules: rulesIn(rest) }))
  },
  async SET({ ask }, section, rest) {
    if (rest.length === 0) throw wrong('no rule is said')
    return shown(await ask('section.set', { section, rules: rulesIn(rest) }))
  },
  async REMOVE({ ask }, section, rest) {
    if (rest.length > 0) throw wrong('a section is removed as it is')
    await ask('section.remove', { section })
    return `${section} is removed.`
  },
}

function shown({ name, rules }: Section): string[] {
  const rows = Object.entries(rules).map(([rule, value]) => ({ rule, value: ruleText(value) }))
  return listed(`The rules of ${name}:`, rows, RULE_COLUMNS, 'rule')
}

const RULE_COLUMNS = [
  { title: 'rule', of: ({ rule }: { rule: string; value: string }) => rule },
  { title: 'value', of: ({ value }: { rule: string; value: string }) => value },
]

const COLUMNS = [
  { title: 'name', of: ({ name }: Section) => name },
  { title: 'purpose', of: ({ rules }: Section) => rules.purpose },
  { title: 'group', of: ({ rules }: Section) => rules.group },
  { title: 'dupe days', of: ({ rules }: Section) => rules.dupe_days },
  { title: 'names', of: ({ rules }: Section) => rules.release_names },
]

type Space = Awaited<ReturnType<SiteCall['session']['site']['space']>>['sections'][number]

const SPACE_COLUMNS = [
  { title: 'section', of: ({ section }: Space) => section },
  { title: 'releases', of: ({ releases }: Space) => releases },
  { title: 'files', of: ({ files }: Space) => files },
  { title: 'MiB', of: ({ sizeBytes }: Space) => mebibytes(sizeBytes) },
  { title: 'MiB to be free', of: ({ neededMib }: Space) => neededMib },
]
