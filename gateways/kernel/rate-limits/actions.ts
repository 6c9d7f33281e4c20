/** So many of an action in a time: all at once for who was quiet, then as they come back. */
export interface Quota {
  readonly limit: number
  readonly windowMs: number
}

interface ActionRule {
  readonly quota: Quota
  /** Something that other members see. */
  readonly isChat: boolean
}

const MINUTE_MS = 60_000

/** What is limited, and how far by default. FTP transfers have limits of their own. */
const RULES = {
  send_message: { quota: { limit: 60, windowMs: MINUTE_MS }, isChat: true },
  join_room: { quota: { limit: 10, windowMs: MINUTE_MS }, isChat: true },
  create_room: { quota: { limit: 3, windowMs: MINUTE_MS }, isChat: true },
  upload_file: { quota: { limit: 5, windowMs: MINUTE_MS }, isChat: true },
  api_write: { quota: { limit: 120, windowMs: MINUTE_MS }, isChat: false },
  api_read: { quota: { limit: 600, windowMs: MINUTE_MS }, isChat: false },
} as const satisfies Readonly<Record<string, ActionRule>>

export type RateAction = keyof typeof RULES

export const RATE_ACTIONS = Object.keys(RULES) as readonly RateAction[]

export function isChat(action: RateAction): boolean {
  return RULES[action].isChat
}

/** `undefined`: without a limit. */
export type Quotas = Readonly<Record<RateAction, Quota | undefined>>

export const DEFAULT_QUOTAS = Object.fromEntries(
  RATE_ACTIONS.map((action) => [action, RULES[action].quota]),
) as Quotas

/** How long a window may be: what is shared in a cluster is kept so long. */
const WINDOW_SECONDS_MAX = 15 * 60
const LIMIT_MAX = 1_000_000

/**
 * Quotas as an administrator writes them: `send_message=60/60 join_room=off`, a number in so
 * many seconds, parted by spaces or commas. Actions left out keep their default. Throws an
 * `Error` with words for the administrator.
 */
export function readQuotas(text: string): Quotas {
  const quotas: Record<RateAction, Quota | undefined> = { ...DEFAULT_QUOTAS }
  for (const part of text.split(/[\s,]+/).filter((each) => each !== '')) {
    const [action = '', value = ''] = part.split('=')
    if (!Object.hasOwn(RULES, action)) {
      throw new Error(`${action} is none of ${RATE_ACTIONS.join(', ')}`)
    }
    quotas[action as RateAction] = value === 'off' ? undefined : readQuota(part, value)
  }
  return quotas
}

function readQuota(part: string, value: string): Quota {
  const [, limit, seconds] = /^(\d{1,7})\/(\d{1,3})$/.exec(value)?.map(Number) ?? []
  if (!limit || !seconds || limit > LIMIT_MAX || seconds > WINDOW_SECONDS_MAX) {
    const bounds = `at most ${LIMIT_MAX} in at most ${WINDOW_SECONDS_MAX} seconds`
    throw new Error(`${part} is not like send_message=60/60 or send_message=off (${bounds})`)
  }
  return { limit, windowMs: seconds * 1_000 }
}
