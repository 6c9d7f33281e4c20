import { kindOf, refOf } from '#events/fact.ts'
import type { Followed } from '#gateways/kernel/follow.ts'

/** Who is looking. */
export interface Viewer {
  /** Has glFTPd's flag `1`. */
  readonly isSiteop: boolean
  /** Ids of the rooms that the viewer's connection is in. */
  isInRoom(room: string): boolean
}

/**
 * Which facts a client may follow, by kind. A kind that does not stand here is seen by nobody:
 * what is new is private until it is put here.
 */
const VISIBLE_TO: Readonly<Record<string, 'members' | 'those-in-it' | 'siteops'>> = {
  race: 'members',
  section: 'members',
  room: 'those-in-it',
  account: 'siteops',
  connection: 'siteops',
  catalogue: 'siteops',
}

/** Kinds that anybody at all may follow: what the live feed has to carry. */
export const FOLLOWED_KINDS: readonly string[] = Object.keys(VISIBLE_TO)

export function mayFollow(followed: Followed, viewer: Viewer): boolean {
  if ('kinds' in followed) return followed.kinds.every((kind) => maySee(kind, undefined, viewer))
  return maySee(kindOf(followed.stream), refOf(followed.stream)?.id, viewer)
}

/** `id` undefined: all actors of the kind. */
function maySee(kind: string, id: string | undefined, viewer: Viewer): boolean {
  if (!Object.hasOwn(VISIBLE_TO, kind)) return false
  if (viewer.isSiteop || VISIBLE_TO[kind] === 'members') return true
  return VISIBLE_TO[kind] === 'those-in-it' && id !== undefined && viewer.isInRoom(id)
}
