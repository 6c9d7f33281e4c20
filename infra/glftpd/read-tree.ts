import { constants } from 'node:fs'
import { type FileHandle, open, readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'

/** A file of the tree, as it is. */
export interface TreeFile {
  /** Its path below the folder, for messages. */
  readonly file: string
  /** Its own name. */
  readonly name: string
  readonly bytes: Buffer
}

/** A file or a folder that is not read. */
export interface TreeProblem {
  readonly file: string
  readonly line: null
  readonly code: string
  readonly words: string
}

export interface GlftpdFiles {
  readonly users: readonly TreeFile[]
  readonly groups: readonly TreeFile[]
  readonly passwd: TreeFile | undefined
  readonly groupList: TreeFile | undefined
  readonly problems: readonly TreeProblem[]
}

export const TREE_LIMITS = {
  /** A user's or a group's own file. */
  recordBytes: 64 * 1024,
  /** `etc/passwd` and `etc/group`. */
  listBytes: 16 * 1024 * 1024,
  /** Users, and groups. */
  files: 20_000,
} as const

/** Defaults for new users and groups, and locks of a running glFTPd: no records. */
const NO_RECORD = /^default\.|\.lock$/

/**
 * Reads what glFTPd keeps of its users and groups below its own folder. Links are not followed,
 * out of the folder or within it, and what is no plain file is not opened for long.
 */
export async function readGlftpdTree(folder: string): Promise<GlftpdFiles> {
  const problems: TreeProblem[] = []
  const root = await realpath(folder)
  const tree = { root, problems }
  const users = await readRecords(tree, 'ftp-data/users')
  const groups = await readRecords(tree, 'ftp-data/groups')
  const readList = (name: string) => readOne(tree, 'etc', name, TREE_LIMITS.listBytes)
  const hasLists = await isWithin(tree, 'etc')
  const passwd = hasLists ? await readList('passwd') : undefined
  const groupList = hasLists ? await readList('group') : undefined
  return { users, groups, passwd, groupList, problems }
}

interface Tree {
  readonly root: string
  readonly problems: TreeProblem[]
}

async function readRecords(tree: Tree, folder: string): Promise<TreeFile[]> {
  if (!(await isWithin(tree, folder))) return []
  const names: string[] = await readdir(join(tree.root, folder))
  const records = names.filter((name) => !NO_RECORD.test(name)).toSorted()
  if (records.length > TREE_LIMITS.files) {
    refuse(tree, folder, 'too-many-files', `It holds more than ${TREE_LIMITS.files} files.`)
    return []
  }
  const files: TreeFile[] = []
  for (const name of records) {
    const file = await readOne(tree, folder, name, TREE_LIMITS.recordBytes)
    if (file) files.push(file)
  }
  return files
}

/** Whether the folder is one, and lies where its path says. */
async function isWithin(tree: Tree, folder: string): Promise<boolean> {
  const path = join(tree.root, ...folder.split('/'))
  try {
    if ((await realpath(path)) === path) return true
    refuse(tree, folder, 'link', 'A link leads to it.')
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    refuse(tree, folder, 'missing', 'There is no such folder.')
  }
  return false
}

async function readOne(
  tree: Tree,
  folder: string,
  name: string,
  limitBytes: number,
): Promise<TreeFile | undefined> {
  const file = `${folder}/${name}`
  const path = join(tree.root, ...folder.split('/')) + sep + name
  let handle: FileHandle
  try {
    // A pipe or a device would wait for somebody without O_NONBLOCK.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    const [code, words] = REFUSED_OPEN[(cause as NodeJS.ErrnoException).code ?? ''] ?? []
    if (code === undefined || words === undefined) throw cause
    refuse(tree, file, code, words)
    return undefined
  }
  try {
    const bytes = await readPlain(handle, limitBytes)
    if (typeof bytes !== 'string') return { file, name, bytes }
    refuse(
      tree,
      file,
      bytes,
      bytes === 'not-a-file' ? NOT_A_FILE : `It has more than ${limitBytes} bytes.`,
    )
    return undefined
  } finally {
    await handle.close()
  }
}

const NOT_A_FILE = 'It is no plain file.'

const REFUSED_OPEN: Readonly<Record<string, readonly [string, string]>> = {
  ELOOP: ['link', 'It is a link.'],
  ENOENT: ['missing', 'There is no such file.'],
  ENXIO: ['not-a-file', NOT_A_FILE],
  EACCES: ['unreadable', 'It may not be read.'],
}

/** The bytes, or the code of what is wrong. */
async function readPlain(
  handle: FileHandle,
  limitBytes: number,
): Promise<Buffer | 'not-a-file' | 'file-too-large'> {
  const stat = await handle.stat()
  if (!stat.isFile()) return 'not-a-file'
  if (stat.size > limitBytes) return 'file-too-large'
  // One byte more than was there: a file that grows meanwhile is seen to.
  const buffer = Buffer.alloc(stat.size + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length)
    length += bytesRead
    if (bytesRead === 0) return buffer.subarray(0, length)
    if (length > stat.size) return 'file-too-large'
  }
}

function refuse({ problems }: Tree, file: string, code: string, words: string): void {
  problems.push({ file, line: null, code, words })
}

function isMissing(cause: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')
}
