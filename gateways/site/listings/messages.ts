import type { SiteMessages } from '#events/site-messages.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'

/** Of a text that greets members. */
export const MESSAGE_LIMITS = { lines: 60, lineCharacters: 160 } as const

export interface MessagePlace {
  readonly siteName: string
  /** `root` for the top. */
  readonly section: string
}

/** The operator's text as lines, for nobody in particular: cookies of members stay empty. */
export async function messageLines(
  messages: SiteMessages | undefined,
  place: MessagePlace,
  caller?: SiteCaller,
): Promise<string[]> {
  const text = await messages?.read(place.section)
  if (text === undefined) return []
  const cookies: Record<string, string> = {
    site: place.siteName,
    section: place.section === 'root' ? '/' : place.section,
    u_name: caller?.member.name ?? '',
    g_name: caller?.member.group ?? '',
  }
  return text
    .split(/\r?\n/)
    .slice(0, MESSAGE_LIMITS.lines)
    .map((line) => line.replace(COOKIE, (whole, name: string) => cookies[name] ?? whole))
    .map((line) => line.replace(CONTROL, ' ').slice(0, MESSAGE_LIMITS.lineCharacters))
}

const COOKIE = /%(site|section|u_name|g_name)\b/g
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f\u2028\u2029]/g
