import { type Fact, kindOf, refOf } from '#events/fact.ts'
import type { Followed } from '#gateways/kernel/follow.ts'
import type { PolicyView } from '#gateways/members/policy.ts'

/** Who is looking. */
export interface Viewer {
  /** What the member may do. */
  readonly view: Pick<PolicyView, 'ask' | 'sees'>
  /** Ids of the rooms that the viewer's connection is in. */
  isInRoom(room: string): boolean
}

/**
 * Which facts a client may follow, by kind: those who read the site, but for what lies at paths
 * that are hidden from them; who is in the room; who may audit, as they may everything. A kind
 * that does not stand here is seen by nobody: what is new is private until it is put here.
 */
const VISIBLE_TO: Readonly<Record<string, 'readers' | 'those-in-it' | 'auditors'>> = {
  race: 'readers',
  section: 'readers',
  room: 'those-in-it',
  board: 'readers',
  account: 'auditors',
  connection: 'auditors',
  catalogue: 'auditors',
  group: 'auditors',
  identity: 'auditors',
  ledger: 'auditors',
  lockout: 'auditors',
  mailbox: 'auditors',
  presence: 'auditors',
  policy: 'auditors',
  signing: 'auditors',
  site: 'auditors',
  publication: 'auditors',
  request: 'auditors',
}

/** Kinds that anybody at all may follow: what the live feed has to carry. */
export const FOLLOWED_KINDS: readonly string[] = Object.keys(VISIBLE_TO)

/**
 * Whether a client may begin to follow. The stream of a race at a hidden path may be followed like
 * that of a race that is not there: nothing comes.
 */
export function mayFollow(followed: Followed, viewer: Viewer): boolean {
  if ('kinds' in followed) return followed.kinds.every((kind) => maySee(kind, undefined, viewer))
  return maySee(kindOf(followed.stream), refOf(followed.stream)?.id, viewer)
}

/**
 * Whether a fact may be shown. `pathOfRace` gives the path of a release by its race's id;
 * undefined when that is not known yet, and then neither is the answer.
 */
export function maySeeFact(
  fact: Fact,
  viewer: Viewer,
  pathOfRace: (race: string) => string | undefined,
): boolean | undefined {
  const kind = kindOf(fact.stream)
  const id = refOf(fact.stream)?.id
  if (!maySee(kind, id, viewer)) return false
  const names = NAMES_OF[kind]
  if (!names || id === undefined || mayAudit(viewer)) return true
  const home = kind === 'race' ? pathOfRace(id) : `/${id}`
  if (home === undefined) return undefined
  const data = fact.data as Readonly<Record<string, unknown>>
  const below = names.flatMap((name) => (typeof data[name] === 'string' ? [data[name]] : []))
  // No name: the release itself.
  const paths = [home, ...below.map((name) => (name === '' ? home : `${home}/${name}`))]
  // Where the release is from now on: an old fact tells of where it was.
  const { section, release } = data
  if (kind === 'race' && typeof release === 'string') paths.push(`/${String(section)}/${release}`)
  return paths.every((path) => viewer.view.sees(path))
}

/** The fields of a fact that name something below its section, or below its release. */
const NAMES_OF: Readonly<Record<string, readonly string[]>> = {
  race: ['file', 'directory', 'from', 'to', 'listed', 'path'],
  section: ['release', 'from', 'to'],
}

/** `id` undefined: all actors of the kind. */
function maySee(kind: string, id: string | undefined, viewer: Viewer): boolean {
  if (!Object.hasOwn(VISIBLE_TO, kind)) return false
  if (mayAudit(viewer)) return true
  const audience = VISIBLE_TO[kind]
  if (audience === 'readers') return mayRead(viewer)
  return audience === 'those-in-it' && id !== undefined && viewer.isInRoom(id)
}

export function mayAudit({ view }: Pick<Viewer, 'view'>): boolean {
  return view.ask({ action: 'audit' }).isAllowed
}

/** Whether the account and the scopes of its token let the member see the site at all. */
function mayRead({ view }: Viewer): boolean {
  return view.ask({ action: 'privpath', path: '/' }).isAllowed
}
