import { createHash } from 'node:crypto'

import type { Clock } from '#events/clock.ts'

import { RecentMap } from '#gateways/kernel/recent-map.ts'

/** Why a member's limits are tightened. */
export type SpamSignal =
  | 'repeated-text'
  | 'many-links'
  | 'many-mentions'
  | 'shouting'
  | 'hitting-limits'

export const SPAM_LIMITS = {
  windowMs: 60_000,
  /** The same text so often within the window, over all rooms and gateways. */
  repeats: 4,
  /** More than so many in one message. */
  links: 5,
  mentions: 10,
  /** More than this share of the letters of a long message. */
  capitals: 0.8,
  /** Fewer letters than that are an exclamation or an abbreviation. */
  capitalsFromLetters: 30,
  /** Refused so often within the window. */
  refusals: 10,
} as const

/** Texts remembered of one member: more in a window are beyond any quota by default. */
const TEXTS = 64

export interface SpamSignals {
  heard(memberId: string, text: string): SpamSignal | undefined
  /** An action of the member was refused by a limit. */
  refused(memberId: string): SpamSignal | undefined
}

interface Behaviour {
  readonly texts: { readonly digest: string; readonly at: number }[]
  readonly refusedAt: number[]
}

export interface SpamSignalsOptions {
  readonly clock: Clock
  /** Members remembered at a time. */
  readonly members: number
}

/** Watches what members say and how often they are refused. Repetition is seen by one process. */
export function createSpamSignals({ clock, members }: SpamSignalsOptions): SpamSignals {
  const behaviours = new RecentMap<string, Behaviour>(members)

  function behaviourOf(memberId: string): Behaviour {
    const known = behaviours.get(memberId)
    if (known) return known
    const fresh: Behaviour = { texts: [], refusedAt: [] }
    behaviours.set(memberId, fresh)
    return fresh
  }

  /** Whether a moment lies within the window before now. A moment to come does not. */
  const isRecent = (at: number, now: number) => at <= now && now - at < SPAM_LIMITS.windowMs

  return {
    heard(memberId, text) {
      const now = clock.now()
      const { texts } = behaviourOf(memberId)
      const digest = digestOf(text)
      texts.push({ digest, at: now })
      if (texts.length > TEXTS) texts.shift()
      const same = texts.filter((each) => each.digest === digest && isRecent(each.at, now))
      return same.length >= SPAM_LIMITS.repeats ? 'repeated-text' : signalOf(text)
    },
    refused(memberId) {
      const now = clock.now()
      const { refusedAt } = behaviourOf(memberId)
      refusedAt.push(now)
      if (refusedAt.length > SPAM_LIMITS.refusals) refusedAt.shift()
      const recent = refusedAt.filter((at) => isRecent(at, now))
      return recent.length >= SPAM_LIMITS.refusals ? 'hitting-limits' : undefined
    },
  }
}

const LINK = /https?:\/\/|\bwww\./giu
const MENTION = /(?<![\w@])@[\w-]+/gu

/** What one message shows by itself. */
export function signalOf(text: string): SpamSignal | undefined {
  if (count(text, LINK) > SPAM_LIMITS.links) return 'many-links'
  if (count(text, MENTION) > SPAM_LIMITS.mentions) return 'many-mentions'
  const capitals = count(text, /\p{Lu}/gu)
  const letters = capitals + count(text, /\p{Ll}/gu)
  const isLong = letters >= SPAM_LIMITS.capitalsFromLetters
  return isLong && capitals / letters > SPAM_LIMITS.capitals ? 'shouting' : undefined
}

/** IRC's colours with their numbers, other control and format characters that are no space. */
const UNSEEN = /\u0003(\d{1,2}(,\d{1,2})?)?|\p{Cf}|(?!\s)\p{Cc}/gu

/**
 * Texts that look the same are the same: case, width, spaces and characters that nobody sees do
 * not count. The text itself is not kept.
 */
export function foldText(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(UNSEEN, '').replace(/\s+/gu, ' ').trim()
}

function digestOf(text: string): string {
  return createHash('sha256').update(foldText(text)).digest('base64url').slice(0, 22)
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
