import { type DiskProblem, DiskTrouble } from '#events/site-files.ts'

const PROBLEMS: Readonly<Record<string, DiskProblem>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EROFS: 'read-only',
  EACCES: 'read-only',
  EPERM: 'read-only',
}

/** Names what the operating system says of the disk. */
export function diskTrouble(cause: unknown): DiskTrouble {
  if (cause instanceof DiskTrouble) return cause
  return new DiskTrouble(PROBLEMS[errorCode(cause) ?? ''] ?? 'failed', cause)
}

export function errorCode(cause: unknown): string | undefined {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** Runs a file operation; `absent` is the answer when the file is not there. */
export async function onDisk<T, A>(run: () => Promise<T>, absent: A): Promise<T | A> {
  try {
    return await run()
  } catch (cause) {
    if (ABSENT.has(errorCode(cause) ?? '')) return absent
    throw diskTrouble(cause)
  }
}

/** ELOOP is a symlink met by O_NOFOLLOW: what it points at is not part of the site. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])
