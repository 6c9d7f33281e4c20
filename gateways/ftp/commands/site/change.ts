import { table } from '#gateways/cli/admin/columns.ts'
import { Refusal } from '#events/refusal.ts'

import { membersLike } from '#gateways/ftp/commands/site/account-views.ts'
import { CHANGE_FIELDS, type ChangeField } from '#gateways/ftp/commands/site/change-fields.ts'
import { counted } from '#gateways/ftp/commands/site/lines.ts'
import {
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { reply } from '#gateways/ftp/replies.ts'

/** Members that one line changes. */
const TARGETS_MAX = 100

export const changeCommands: SiteCommandTable = {
  CHANGE: {
    help: 'changes one thing of a member, or of many: {ann bob}, =group, *',
    usage: [
      '<user>|{<user> ...}|=<group>|* <field> <value>',
      ...Object.entries(CHANGE_FIELDS).map(([name, { value }]) => `<user> ${name} ${value}`),
    ],
    words: [3],
    isChange: true,
    async run(call) {
      const [who = '', said = '', ...words] = call.words
      const name = said.toLowerCase()
      const field = Object.hasOwn(CHANGE_FIELDS, name) ? CHANGE_FIELDS[name] : undefined
      if (!field) throw wrong(`a field is one of ${Object.keys(CHANGE_FIELDS).join(', ')}`)
      const [min, max] = field.words ?? [1, 1]
      if (words.length < min || words.length > max) throw wrong(`${name} takes ${field.value}`)
      const one: One = { call, name, field, words, text: call.rest(2) }
      const targets = await targetsOf(call, who)
      return targets === undefined
        ? changed(who, one, await to(who, one))
        : await toAll(targets, one)
    },
  },
}

interface One {
  readonly call: SiteCall
  readonly name: string
  readonly field: ChangeField
  readonly words: readonly string[]
  readonly text: string
}

function to(account: string, { call, field, words, text }: One): Promise<string> {
  return field.change(call, account, words, text)
}

function changed(account: string, { name }: One, told: string): string {
  return `${account}: ${name} is ${told} now.`
}

/** Undefined: one member alone, by name. */
async function targetsOf(call: SiteCall, who: string): Promise<readonly string[] | undefined> {
  const [, list] = /^\{(.*)\}$/.exec(who) ?? []
  if (list === undefined && who !== '*' && !who.startsWith('=')) return undefined
  const names =
    list === undefined
      ? (await membersLike(call, who === '*' ? '' : who))
          .filter(({ standing }) => standing === 'active')
          .map(({ name }) => name)
      : list.split(/\s+/).filter((name) => name !== '')
  if (names.length === 0) throw wrong('there is no such member')
  if (names.length > TARGETS_MAX) throw wrong(`one line changes ${TARGETS_MAX} members at most`)
  return names
}

/** Each by itself: what is refused for one is told, and the others are changed. */
async function toAll(targets: readonly string[], one: One) {
  const rows: { readonly name: string; readonly outcome: string; readonly isDone: boolean }[] = []
  for (const [index, name] of targets.entries()) {
    try {
      if (index > 0) await one.call.countChange()
      rows.push({ name, outcome: await to(name, one), isDone: true })
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause
      rows.push({ name, outcome: `refused: ${cause.message}`, isDone: false })
    }
  }
  const done = rows.filter(({ isDone }) => isDone).length
  const lines = table(rows, [
    { title: 'name', of: ({ name }) => name },
    { title: one.name, of: ({ outcome }) => outcome },
  ])
  const last = `${counted(done, 'member')} of ${rows.length} changed.`
  return reply(done > 0 ? 200 : 550, 'Changing:', ...lines.map((line) => ` ${line}`), last)
}
