import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Whom PostgreSQL runs as. */
export interface OsUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root; these are tried in order. */
const STAND_INS = ['postgres', 'nobody']

/** The user to run PostgreSQL as, or undefined when our own will do. */
export async function chooseOsUser(
  euid = process.geteuid?.(),
  passwd?: string,
): Promise<OsUser | undefined> {
  if (euid !== 0) return undefined
  const users = parsePasswd(passwd ?? (await readFile('/etc/passwd', 'utf8')))
  const user = STAND_INS.map((name) => users.get(name)).find((found) => found !== undefined)
  if (!user) {
    throw new Error(
      `PostgreSQL does not run as root and there is no user ${STAND_INS.join(' or ')}: start veza as another user, or set VEZA_DATABASE_URL`,
    )
  }
  return user
}

/** passwd(5): `name:password:uid:gid:…`, one user a line. */
export function parsePasswd(text: string): ReadonlyMap<string, OsUser> {
  const users = new Map<string, OsUser>()
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (!name || !uid || !gid || name.startsWith('#')) continue
    users.set(name, { name, uid: Number(uid), gid: Number(gid) })
  }
  return users
}

/** The topmost folder at or above `path` that the user may not enter, or undefined. */
export async function closedFolder(path: string, user: OsUser): Promise<string | undefined> {
  const folders: string[] = []
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    folders.unshift(folder)
    if (folder === dirname(folder)) break
  }
  for (const folder of folders) {
    const { mode, uid, gid } = await stat(folder)
    const execute = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & execute) === 0) return folder
  }
  return undefined
}
