import type { TokenScope } from '#actors/account/account.commands.ts'

/** The prefix of a right that the site's own scripts ask for, as glFTPd's `custom-<name>`. */
export const CUSTOM = 'custom-'
const CUSTOM_NAME = /^custom-[a-z0-9][a-z0-9-]{0,31}$/

/**
 * Rights over a path, each with the scope that a token needs for it. The names are glFTPd's
 * directives; `list`, `undupe`, `wipe`, `pre`, `chmod` and `request` are site commands there.
 */
export const PATH_RIGHTS = {
  /** Sends a new file. */
  upload: 'upload',
  /** Fetches a file. */
  download: 'download',
  /** Sees what a directory holds. */
  list: 'read',
  makedir: 'upload',
  /** Deletes anybody's file or directory. */
  delete: 'upload',
  /** Deletes what the member has brought. */
  deleteown: 'upload',
  /** Puts a file in the place of another. */
  overwrite: 'upload',
  /** Goes on with an upload that broke off. */
  resume: 'upload',
  /** Renames anybody's file or directory, within its directory. */
  rename: 'upload',
  renameown: 'upload',
  /** Moves a file from one directory to another. */
  filemove: 'upload',
  /** Takes the credits for a release back, with a penalty. */
  nuke: 'site',
  unnuke: 'site',
  /** New directories are kept in the log that `SITE NEW` and `SITE SEARCH` read. */
  dirlog: 'read',
  /** Who is there is not shown to others. */
  hideinwho: 'read',
  /** Downloads cost nothing. */
  freefile: 'download',
  /** Transfers do not count in the statistics. */
  nostats: 'read',
  /** Others do not see that the path is there. */
  privpath: 'read',
  /** Deletes a release and leaves its credits as they are. */
  wipe: 'site',
  /** Publishes a release of a group. */
  pre: 'site',
  /** Takes a name out of the list of duplicates. */
  undupe: 'site',
  chmod: 'upload',
  /** Asks others for a release. */
  request: 'chat',
} as const satisfies Readonly<Record<string, TokenScope>>

/** Rights over the site as a whole, with the scope that a token needs. */
export const SITE_RIGHTS = {
  'administer-accounts': 'admin',
  'administer-groups': 'admin',
  'administer-rights': 'admin',
  /** Gives credits to a member. */
  give: 'site',
  /** Takes credits from a member. */
  take: 'site',
  /** Ends a member's sessions. */
  kick: 'site',
  /** Ends one session by its number. */
  kill: 'site',
  ban: 'site',
  /** Reads all of history. */
  audit: 'audit',
  /** Sees where members come from. */
  'see-addresses': 'audit',
  /** Sees the figures of the server. */
  metrics: 'audit',
  /** Sees the record of another member. */
  'see-users': 'read',
  /** Has another site send files here (FXP), as far as the settings let anybody. */
  'fxp-upload': 'upload',
  /** Has files sent from here to another site. */
  'fxp-download': 'download',
  /** Reads and writes messages, and writes one-liners. */
  message: 'chat',
  /** Writes to everybody, and to groups that the member is not in. */
  'message-all': 'chat',
} as const satisfies Readonly<Record<string, TokenScope>>

/**
 * Lines that demand something of those whom they fit, instead of granting it: who is not named in
 * any is free of it. What a token is for makes no difference.
 */
export const SITE_DEMANDS = [
  /** Logs in to FTP over TLS alone: glFTPd's `userrejectinsecure`. */
  'require-tls',
  /** Lists directories over TLS alone: glFTPd's `denydiruncrypted`. */
  'require-tls-listing',
  /** Sends and fetches files over TLS alone: glFTPd's `denydatauncrypted`. */
  'require-tls-data',
  /** Each transfer with another site is logged. */
  'fxp-log',
] as const

/** What can be done to a chat room. */
export const ROOM_ACTIONS = [
  'room.create',
  'room.join',
  'room.post',
  'room.set-topic',
  'room.invite',
  'room.kick',
  'room.ban',
  'room.op',
  'room.voice',
  'room.delete-message',
] as const

/** What is about the member's own account. A token may do them whatever its scopes. */
export const ACCOUNT_ACTIONS = ['login', 'enrol-mfa'] as const

export type PathRight = keyof typeof PATH_RIGHTS
export type SiteRight = keyof typeof SITE_RIGHTS | `custom-${string}`
export type SiteDemand = (typeof SITE_DEMANDS)[number]
export type RoomAction = (typeof ROOM_ACTIONS)[number]
export type AccountAction = (typeof ACCOUNT_ACTIONS)[number]
export type PolicyAction = PathRight | SiteRight | RoomAction | AccountAction

export function isPathRight(text: string): text is PathRight {
  return Object.hasOwn(PATH_RIGHTS, text)
}

export function isSiteRight(text: string): text is SiteRight {
  return Object.hasOwn(SITE_RIGHTS, text) || CUSTOM_NAME.test(text)
}

export function isSiteDemand(text: string): text is SiteDemand {
  return (SITE_DEMANDS as readonly string[]).includes(text)
}

export function isRoomAction(text: string): text is RoomAction {
  return (ROOM_ACTIONS as readonly string[]).includes(text)
}

/** Whether the policy knows the action: for what people type. */
export function isPolicyAction(text: string): text is PolicyAction {
  return (
    isPathRight(text) ||
    isSiteRight(text) ||
    isRoomAction(text) ||
    (ACCOUNT_ACTIONS as readonly string[]).includes(text)
  )
}

/** The scope that a token needs for an action; undefined: none. */
export function scopeOf(action: PolicyAction): TokenScope | undefined {
  if (isPathRight(action)) return PATH_RIGHTS[action]
  if (isRoomAction(action)) return 'chat'
  if (action === 'login' || action === 'enrol-mfa') return undefined
  // What a site's own script does is not known: only a token for all of the site may start it.
  return action.startsWith(CUSTOM) ? 'site' : SITE_RIGHTS[action as keyof typeof SITE_RIGHTS]
}
