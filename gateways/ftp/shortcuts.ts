import { Refusal } from '#events/refusal.ts'
import { formatPath, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

import type { CommandSession } from '#gateways/ftp/command.ts'

/** glFTPd's `alias` and `cdpath`: other ways for CWD to find a directory that is not here. */
export interface Shortcuts {
  /** By the names that members say. */
  readonly aliases: readonly { readonly name: string; readonly path: string }[]
  /** Directories in which a name is looked for, in this order. */
  readonly searchPath: readonly string[]
}

/** Who may bring something into a directory goes there, though the listing is for others. */
const TO_ENTER = ['list', 'download', 'upload', 'makedir'] as const

/** Rejects for what is not there, or is no directory, or is closed to the member. */
export async function directoryAt(session: CommandSession, text: string): Promise<SitePath> {
  const caller = session.caller()
  const path = await session.site.followed(caller, session.path(text))
  const entry = await session.site.stat(caller, path, TO_ENTER)
  if (entry.kind === 'directory') return path
  throw new Refusal(SITE_REFUSALS.notADirectory, `${formatPath(path)} is no directory.`)
}

/**
 * The directory that CWD means: what is there comes before any shortcut. A shortcut that leads to
 * nothing, or to what is hidden, is as if there were none: the refusal is that of the name itself.
 */
export async function findDirectory(session: CommandSession, text: string): Promise<SitePath> {
  try {
    return await directoryAt(session, text)
  } catch (cause) {
    if (!(cause instanceof Refusal) || cause.code !== SITE_REFUSALS.noSuchPath) throw cause
    for (const candidate of candidatesOf(session.policies.shortcuts, text)) {
      const found = await unlessRefused(directoryAt(session, candidate))
      if (found) return found
    }
    throw cause
  }
}

/** Of some directories, those that the member can go to. */
export async function reachable<T extends { readonly path: string }>(
  session: CommandSession,
  all: readonly T[],
): Promise<T[]> {
  const found = await Promise.all(
    all.map(async ({ path }) => await unlessRefused(directoryAt(session, path))),
  )
  return all.filter((_, index) => found[index] !== undefined)
}

function candidatesOf({ aliases, searchPath }: Shortcuts, text: string): string[] {
  if (/^(\/|\.\.?(\/|$))/.test(text)) return []
  const [first = '', ...rest] = text.split('/')
  const alias = aliases.find(({ name }) => name.toLowerCase() === first.toLowerCase())
  return [
    ...(alias ? [[alias.path, ...rest].join('/')] : []),
    ...searchPath.map((directory) => `${directory}/${text}`),
  ]
}

async function unlessRefused(found: Promise<SitePath>): Promise<SitePath | undefined> {
  try {
    return await found
  } catch (cause) {
    if (cause instanceof Refusal) return undefined
    throw cause
  }
}
