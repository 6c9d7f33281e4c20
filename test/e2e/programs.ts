import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'

/** Whether one of the programs is missing here; says so, because tests are skipped then. */
export function isMissing(...programs: readonly string[]): boolean {
  const absent = programs.filter((program) => spawnSync('which', [program]).status !== 0)
  if (absent.length > 0) console.warn(`tests skipped: not installed: ${absent.join(', ')}`)
  return absent.length > 0
}

export interface LftpLogin {
  readonly port: number
  readonly name: string
  readonly password: string
  readonly tls?: boolean
}

/** Runs a script in lftp; rejects when any of its commands fails. */
export async function lftp({ port, name, password, tls = false }: LftpLogin, script: string) {
  const settings = [
    'set cmd:fail-exit yes',
    'set net:max-retries 1',
    'set net:timeout 20',
    'set ssl:verify-certificate no',
    `set ftp:ssl-allow ${tls}`,
    `set ftp:ssl-force ${tls}`,
    `set ftp:ssl-protect-data ${tls}`,
  ]
  const open = `open -u ${name},${password} ftp://127.0.0.1:${port}`
  const { stdout } = await promisify(execFile)(
    'lftp',
    ['--norc', '-c', [...settings, open, script].join('; ')],
    { timeout: 60_000, env: { ...process.env, LC_ALL: 'C.UTF-8' } },
  )
  return stdout
}

/** A release on disk: `files` of different sizes and the sfv that lists them. */
export async function makeRelease(files: number, sizeBytes = 50_000) {
  const folder = await mkdtemp(join(tmpdir(), 'veza-release-'))
  const names: string[] = []
  let sfv = '; made for a test\r\n'
  for (let n = 0; n < files; n++) {
    const name = `rel.r${String(n).padStart(2, '0')}`
    const bytes = Buffer.alloc(sizeBytes + n * 1_000, n + 1)
    await writeFile(join(folder, name), bytes)
    sfv += `${name} ${crc32(bytes).toString(16).padStart(8, '0')}\r\n`
    names.push(name)
  }
  await writeFile(join(folder, 'rel.sfv'), sfv)
  await writeFile(join(folder, 'corrupt'), Buffer.alloc(1_000, 0xff))
  return { folder, names }
}
