import type { MailboxCommand } from '#actors/mailbox/mailbox.commands.ts'
import { LETTER_CHARACTERS } from '#actors/mailbox/mailbox.commands.ts'
import { isSameGroup } from '#actors/policy/who.ts'
import { Refusal } from '#events/refusal.ts'
import { table } from '#gateways/cli/admin/columns.ts'
import { deliver, lettersOf, mailboxRef } from '#gateways/members/mailbox.ts'

import { counted, moment } from '#gateways/ftp/commands/site/lines.ts'
import { firstOf } from '#gateways/ftp/commands/site/pages.ts'
import {
  type SiteAnswer,
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { reply } from '#gateways/ftp/replies.ts'

/** Members that a list in `{}` names. */
const LISTED_MAX = 20
/** Members that one message goes to. */
const RECEIVERS_MAX = 1_000
/** How much of those who were left out is told. */
const TOLD_MAX = 20

/** What members write to each other. */
export const messageCommands: SiteCommandTable = {
  MSG: {
    help: 'reads your messages, or writes one to a member, {ann bob}, =group or *',
    usage: [
      'READ [ALL]: the new ones, or all that are kept',
      'SAVE: those that you have read are kept',
      'PURGE [ALL]: those that you have read go; with ALL the saved ones too',
      '<user>|{<user> ...}|=<group>|* <text>',
    ],
    words: [1],
    isChange: true,
    async run(call) {
      await call.assertMay('message')
      const [first = ''] = call.words
      const verb = first.toUpperCase()
      const own = Object.hasOwn(OWN, verb) ? OWN[verb] : undefined
      if (!own) return await write(call, first)
      const [, second, more] = call.words
      const isAll = second?.toUpperCase() === 'ALL'
      if (more !== undefined || (second !== undefined && (!isAll || verb === 'SAVE'))) {
        throw wrong(`${verb} takes no text: a member of that name is written to as {${first}}`)
      }
      return await own(call, isAll)
    },
  },
}

/** What is about one's own mailbox. */
const OWN: Readonly<Record<string, (call: SiteCall, isAll: boolean) => Promise<SiteAnswer>>> = {
  READ: read,
  async SAVE(call) {
    return `${counted(await change(call, { type: 'mailbox.save' }), 'message')} saved.`
  },
  async PURGE(call, includesSaved) {
    const command = { type: 'mailbox.purge', includesSaved } as const
    return `${counted(await change(call, command), 'message')} purged.`
  },
}

async function read(call: SiteCall, isAll: boolean): Promise<SiteAnswer> {
  const { session, member } = call
  const found = (await lettersOf(session.administration, member.id)).filter(
    ({ isRead }) => isAll || !isRead,
  )
  if (found.length === 0) return isAll ? 'You have no messages.' : 'You have no new messages.'
  const lines = found.flatMap(({ number, from, atMs, to, text, isSaved }) => {
    const whom = to === null ? '' : `, to ${to}`
    const head = ` ${number}. ${moment(atMs)} from ${from ?? 'the site'}${whom}`
    return [`${head}${isSaved ? ', saved' : ''}:`, `    ${text ?? '(nobody can read it any more)'}`]
  })
  await change(call, { type: 'mailbox.read', upTo: found.at(-1)!.number })
  return ['Your messages:', ...lines, `${counted(found.length, 'message')}.`]
}

/** Answers how many messages it was about. */
async function change({ session, member }: SiteCall, command: MailboxCommand): Promise<number> {
  const context = session.connection.context()
  const receipt = await session.host.send(mailboxRef(member.id), command, context)
  session.caused(receipt)
  const data = receipt.facts.map((fact) => fact.data as { readonly numbers: readonly number[] })
  return data.reduce((sum, { numbers }) => sum + numbers.length, 0)
}

async function write(call: SiteCall, who: string): Promise<SiteAnswer> {
  const text = call.rest(1)
  if (text === '') throw wrong('a message needs a text')
  if (text.length > LETTER_CHARACTERS) throw wrong(`a text has ${LETTER_CHARACTERS} characters`)
  const many = await receiversOf(call, who)
  const send = async (member: string): Promise<void> => {
    const { session } = call
    const letter = { member, text, to: many?.to ?? null }
    const context = session.connection.context()
    session.caused(await deliver(session.administration, letter, context))
  }
  if (!many) {
    await send(who)
    return `${who} has a message from you.`
  }
  return await toAll(many, send, call)
}

interface Receivers {
  readonly names: readonly string[]
  /** As its receivers read it. */
  readonly to: string
  /** Each is counted by itself: who may write to all does not need to wait. */
  readonly isCounted: boolean
}

/** Undefined: one member, by name. */
async function receiversOf(call: SiteCall, who: string): Promise<Receivers | undefined> {
  const list = /^\{(.*)\}$/.exec(who)?.[1]
  if (list !== undefined) {
    const names = [...new Set(list.toLowerCase().split(/\s+/).filter(Boolean))]
    if (names.length === 0) throw wrong('the list names nobody')
    if (names.length > LISTED_MAX) throw wrong(`a list has ${LISTED_MAX} members at most`)
    return { names, to: '{}', isCounted: true }
  }
  if (who !== '*' && !who.startsWith('=')) return undefined
  const group = who === '*' ? undefined : who.slice(1)
  const isOwn = group !== undefined && call.member.groups.some((own) => isSameGroup(own, group))
  if (!isOwn) await call.assertMay('message-all')
  return { names: await activeIn(call, group), to: who.slice(0, 64), isCounted: false }
}

async function activeIn({ session, member }: SiteCall, group?: string): Promise<string[]> {
  const { items, isAll } = await firstOf(RECEIVERS_MAX, async ({ limit, cursor }) => {
    const place = { limit, ...(cursor !== undefined && { cursor }) }
    const asked = { standing: 'active' as const, ...(group !== undefined && { group }), ...place }
    const { items: found, nextCursor } = await session.readModels.accounts(asked)
    return { items: found, next_cursor: nextCursor }
  })
  if (!isAll) throw wrong(`those are more than ${RECEIVERS_MAX} members`)
  const others = items.map(({ id }) => id).filter((id) => id !== member.id)
  if (others.length === 0) throw wrong('there is nobody else')
  return others
}

/** Each by itself: who cannot be written to is told, and the others have the message. */
async function toAll(
  { names, isCounted }: Receivers,
  send: (member: string) => Promise<void>,
  call: SiteCall,
) {
  const refused: { readonly name: string; readonly why: string }[] = []
  for (const [index, name] of names.entries()) {
    try {
      if (isCounted && index > 0) await call.countChange()
      await send(name)
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause
      refused.push({ name, why: cause.message })
    }
  }
  const reached = names.length - refused.length
  const last = `${counted(reached, 'member')} of ${names.length} ${reached === 1 ? 'has' : 'have'} it.`
  if (refused.length === 0) return reply(200, last)
  const rows = table(refused.slice(0, TOLD_MAX), [
    { title: 'name', of: ({ name }) => name },
    { title: 'refused', of: ({ why }) => why },
  ])
  return reply(reached > 0 ? 200 : 550, 'Sending:', ...rows.map((row) => ` ${row}`), last)
}
