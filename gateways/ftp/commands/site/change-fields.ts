import { DEFAULT_SECTION } from '#actors/ledger/ledger.commands.ts'

import type { SiteCall } from '#gateways/ftp/commands/site/site-command.ts'
import { wrong } from '#gateways/ftp/commands/site/site-command.ts'
import { bytesIn, countIn } from '#gateways/ftp/commands/site/words.ts'

/** What SITE CHANGE can change of a member, in glFTPd's words. */
export interface ChangeField {
  /** What is said after the name of the field. */
  readonly value: string
  /** Default 1 word. */
  readonly words?: readonly [min: number, max: number]
  /** Answers what it is now. */
  change(call: SiteCall, account: string, words: readonly string[], text: string): Promise<string>
}

const MANY = 1_000_000
const NONE = 'none'
const MINUTE_MS = 60_000

type Parse = (words: readonly string[]) => { readonly set: unknown; readonly told: string }

function limit(name: string, value: string, parse: Parse): ChangeField {
  return {
    value,
    async change({ ask }, account, words) {
      const { set, told } = parse(words)
      await ask('account.set', { account, limits: { [name]: set } })
      return told
    },
  }
}

function nothing(text: string): boolean {
  return text === '-1' || text.toLowerCase() === NONE
}

const count: Parse = ([text = '']) => {
  if (nothing(text)) return { set: null, told: 'no limit' }
  const set = countIn(text, 0, MANY)
  if (set === undefined) throw wrong(`a number from 0 to ${MANY}, or ${NONE}`)
  return { set, told: String(set) }
}

/** glFTPd: 0 is no limit. */
const perSecond: Parse = ([text = '']) => {
  const set = bytesIn(text)
  if (set === 0 || nothing(text)) return { set: null, told: 'no limit' }
  if (set === undefined) throw wrong('KiB a second, or with K, M, G; 0 for no limit')
  return { set, told: `${set / 1_024} KiB/s` }
}

const minutes: Parse = ([text = '']) => {
  if (nothing(text)) return { set: null, told: 'as the site has it' }
  const set = countIn(text, 0, 24 * 60)
  if (set === undefined) throw wrong(`minutes up to a day, 0 for never, ${NONE} for the site's`)
  return { set: set * MINUTE_MS, told: set === 0 ? 'never' : `${set} minutes` }
}

function profile(name: string, value: string): ChangeField {
  return {
    value,
    words: [1, MANY],
    async change({ ask }, account, _, text) {
      const set = text.toLowerCase() === NONE ? '' : text
      await ask('account.set', { account, profile: { [name]: set } })
      return set === '' ? NONE : set
    },
  }
}

function personal(name: 'email' | 'real_name', value: string): ChangeField {
  return {
    value,
    words: [1, MANY],
    async change({ ask }, account, _, text) {
      await ask('account.set', { account, [name]: text.toLowerCase() === NONE ? null : text })
      return 'set'
    },
  }
}

function chosen(name: string, choices: readonly string[], valueOf: (choice: string) => unknown) {
  return {
    value: choices.join('|'),
    async change({ ask }, account, [said = '']) {
      const choice = said.toLowerCase()
      if (!choices.includes(choice)) throw wrong(`one of ${choices.join(', ')}`)
      await ask('account.set', { account, [name]: valueOf(choice) })
      return choice
    },
  } satisfies ChangeField
}

export const CHANGE_FIELDS: Readonly<Record<string, ChangeField>> = {
  ratio: {
    value: '<credits a byte; 0: a leech> [<section>]',
    words: [1, 2],
    async change({ ask }, account, [text = '', section = DEFAULT_SECTION]) {
      if (!/^\d{1,4}(\.\d{1,3})?$/.test(text)) throw wrong('a ratio is a number such as 3 or 0')
      const { ratio } = await ask('credits.ratio', { account, section, ratio: text })
      return `${ratio === 0 ? 'leech' : `1:${ratio}`} in ${section}`
    },
  },
  wkly_allotment: {
    value: '<KiB a week, or with K, M, G; 0: none> [<section>]',
    words: [1, 2],
    async change({ ask }, account, [text = '', section = DEFAULT_SECTION]) {
      const bytes = amountOf(text)
      await ask('credits.allotment', { account, section, bytes: bytes === 0 ? null : bytes })
      return `${bytes === 0 ? NONE : `${bytes / 1_024} KiB`} in ${section}`
    },
  },
  credits: {
    value: '<KiB, or with K, M, G> [<section>]',
    words: [1, 2],
    async change({ ask }, account, [text = '', section = DEFAULT_SECTION]) {
      const wanted = amountOf(text)
      const { sections } = await ask('credits.show', { account })
      const kept = sections.find((each) => each.section === section) ?? sections[0]!
      const bytes = wanted - kept.balance_bytes
      // The ledger has no "set": its lines say what was given or taken, and by whom.
      const more = { account, section, bytes: Math.abs(bytes), note: `set to ${wanted}` }
      if (bytes > 0) await ask('credits.give', more)
      if (bytes < 0) await ask('credits.take', more)
      return `${wanted / 1_024} KiB in ${kept.section}`
    },
  },
  flags: {
    value: '+<flags>|-<flags>|=<flags>',
    async change({ ask }, account, [text = '']) {
      const [, how, letters = ''] = /^([+=-])([1-8A-N]*)$/i.exec(text) ?? []
      if (how === undefined)
        throw wrong('flags are +, - or =, and then digits 1 to 8, letters A to N')
      const given = letters.toUpperCase()
      const before = how === '=' ? '' : (await ask('account.show', { account })).flags
      const kept = before.split('').filter((flag) => !given.includes(flag))
      const flags = [...new Set([...kept, ...(how === '-' ? [] : given.split(''))])]
        .toSorted()
        .join('')
      return (await ask('account.set', { account, flags })).flags || NONE
    },
  },
  num_logins: {
    value: '<count>|none [<from one address>]',
    words: [1, 2],
    async change({ ask }, account, [all = '', each]) {
      const [most, perAddress] = [count([all]), each === undefined ? undefined : count([each])]
      const limits = {
        logins_max: most.set,
        ...(perAddress && { logins_per_address_max: perAddress.set }),
      }
      await ask('account.set', { account, limits })
      return perAddress ? `${most.told}, from one address ${perAddress.told}` : most.told
    },
  },
  timeframe: {
    value: '<first hour> <last hour>|none, in UTC',
    words: [1, 2],
    async change({ ask }, account, [from = '', to = '']) {
      const isNone = nothing(from)
      const hours = [countIn(from, 0, 23), countIn(to, 0, 23)] as const
      if (!isNone && (hours[0] === undefined || hours[1] === undefined)) {
        throw wrong(`two hours from 0 to 23, or ${NONE}`)
      }
      const set = isNone ? null : { from_hour: hours[0], to_hour: hours[1] }
      await ask('account.set', { account, limits: { login_hours: set } })
      return isNone ? 'at any hour' : `${from} to ${to} UTC`
    },
  },
  group_slots: {
    value: '<members> [<leeches>], of the one group whose admin they are',
    words: [1, 2],
    async change({ ask }, account, [members = '', leeches]) {
      const { groups } = await ask('account.show', { account })
      const [own, ...others] = groups.filter((each) => each.is_admin)
      if (!own || others.length > 0) {
        throw wrong('that member is not the admin of one group alone: see SITE GRPCHANGE')
      }
      const slots = count([members])
      const leech = leeches === undefined ? undefined : count([leeches])
      const limits = { slots: slots.set, ...(leech && { leech_slots: leech.set }) }
      await ask('group.set', { group: own.name, limits })
      return `${slots.told} in ${own.name}${leech ? `, leeches ${leech.told}` : ''}`
    },
  },
  expires: {
    value: '<date as 2027-01-31>|none',
    async change({ ask }, account, [text = '']) {
      const isNone = nothing(text)
      const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
      const expires_at = Number.isNaN(at) ? null : new Date(at).toISOString()
      // The 31st of February would be one of March.
      if (!isNone && !expires_at?.startsWith(text)) throw wrong('a date such as 2027-01-31')
      await ask('account.set', { account, expires_at })
      return isNone ? 'never' : text
    },
  },
  primary_group: {
    value: '<group>, one of theirs',
    async change({ ask }, account, [group]) {
      return (await ask('account.set', { account, primary_group: group })).group
    },
  },
  idle_time: limit('idle_timeout_ms', '<minutes>|none; 0: never', minutes),
  max_dlspeed: limit('download_bytes_per_second_max', '<KiB a second>', perSecond),
  max_ulspeed: limit('upload_bytes_per_second_max', '<KiB a second>', perSecond),
  max_sim_down: limit('downloads_max', '<count>|none', count),
  max_sim_up: limit('uploads_max', '<count>|none', count),
  startup_dir: profile('start_directory', '<path>|none'),
  tagline: profile('tagline', '<text>|none'),
  comment: profile('comment', '<text>|none'),
  email: personal('email', '<address>|none'),
  real_name: personal('real_name', '<name>|none'),
  role: chosen('role', ['user', 'moderator', 'administrator'], (choice) => choice),
  active: chosen('active', ['yes', 'no'], (choice) => choice === 'yes'),
}

export function amountOf(text: string): number {
  const bytes = bytesIn(text)
  if (bytes === undefined) throw wrong('an amount is KiB, or a number with K, M, G or T')
  return bytes
}
