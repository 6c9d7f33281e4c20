import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

import { MasterKeyTrouble } from '#events/seals.ts'

import { type Random, systemRandom } from '#infra/seals/box.ts'
import { underLock } from '#infra/seals/key-file-lock.ts'
import {
  MASTER_KEY_BYTES,
  type MasterKeySource,
  parseMasterKeys,
} from '#infra/seals/master-keys.ts'

const FILE_BYTES = 4096
const MODE = 0o600

/**
 * Master keys in a file of veza's own, one a line in base64url, the newest first. It belongs to
 * the user who runs veza and nobody else may read it. It must not be copied together with the
 * vault: who has both has everything.
 */
export function masterKeyFile(path: string, random: Random = systemRandom): MasterKeySource {
  const newKey = () => random(MASTER_KEY_BYTES).toString('base64url')
  const change = (edit: (lines: readonly string[]) => readonly string[]) =>
    accessing(path, 'changed', () =>
      underLock(`${path}.lock`, random, (assertHeld) => {
        const before = readLines(path) ?? []
        const after = edit(before)
        if (after.length === before.length) return
        parseMasterKeys(after, path)
        replace(path, after, assertHeld)
      }),
    )
  return {
    name: path,
    read: async () => parseMasterKeys(readLines(path) ?? [], path),
    file: {
      exists: async () => readLines(path) !== undefined,
      create: () => change((lines) => (lines.length === 0 ? [newKey()] : lines)),
      add: () => change((lines) => [newKey(), ...lines]),
      async dropBehind(id) {
        const keep = (lines: readonly string[]) => {
          const index = parseMasterKeys(lines, path).findIndex((each) => each.id === id)
          return index < 0 ? lines : lines.slice(0, index + 1)
        }
        const lines = readLines(path) ?? []
        // Each start asks for it; there is nothing to write then, also where nothing can be.
        if (keep(lines).length < lines.length) await change(keep)
      },
    },
  }
}

/** Undefined when there is no file. */
function readLines(path: string): readonly string[] | undefined {
  const file = openPrivate(path)
  if (file === undefined) return undefined
  try {
    const bytes = Buffer.alloc(FILE_BYTES + 1)
    const size = readSync(file, bytes, 0, bytes.length, 0)
    if (size > FILE_BYTES) {
      throw new MasterKeyTrouble('master-key-malformed', `${path} has over ${FILE_BYTES} bytes`)
    }
    const lines = bytes.toString('utf8', 0, size).split(/\r?\n/)
    return lines.map((line) => line.trim()).filter((line) => line !== '')
  } finally {
    closeSync(file)
  }
}

/** Opens the file and looks at what was opened, which nobody can exchange any more. */
function openPrivate(path: string): number | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    // POSIX says ELOOP for a symbolic link and O_NOFOLLOW; some systems say EMLINK.
    if (code === 'ELOOP' || code === 'EMLINK') throw exposed(path, 'is a symbolic link', cause)
    throw inaccessible(path, 'read', cause)
  }
  const wrong = whatIsWrong(file)
  if (wrong === undefined) return file
  closeSync(file)
  throw exposed(path, wrong)
}

function whatIsWrong(file: number): string | undefined {
  const stats = fstatSync(file)
  const user = process.getuid?.()
  if (!stats.isFile()) return 'is no file'
  // Windows has neither owners nor modes in this sense.
  if (user === undefined) return undefined
  if (stats.uid !== user) return `belongs to the user ${stats.uid}, veza runs as ${user}`
  if ((stats.mode & 0o077) === 0) return undefined
  return `has the mode 0${(stats.mode & 0o777).toString(8)}; only its owner may read it (0600)`
}

function exposed(path: string, what: string, cause?: unknown): MasterKeyTrouble {
  return new MasterKeyTrouble('master-key-exposed', `the master key ${path} ${what}`, cause)
}

/** Runs what the file system may refuse: a folder that is not there, or that nobody may write. */
async function accessing<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof MasterKeyTrouble) throw cause
    throw inaccessible(path, what, cause)
  }
}

function inaccessible(path: string, what: string, cause: unknown): MasterKeyTrouble {
  const words = `the master key ${path} cannot be ${what}: ${(cause as Error).message}`
  return new MasterKeyTrouble('master-key-inaccessible', words, cause)
}

/** The new content at once or not at all, also over a power cut. */
function replace(path: string, lines: readonly string[], assertHeld: () => void): void {
  const draft = `${path}.new`
  rmSync(draft, { force: true })
  const file = openSync(draft, 'wx', MODE)
  try {
    fchmodSync(file, MODE)
    writeSync(file, `${lines.join('\n')}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  assertHeld()
  renameSync(draft, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
