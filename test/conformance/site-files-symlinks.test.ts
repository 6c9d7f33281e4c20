import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { DiskTrouble, type SiteFiles } from '#events/site-files.ts'
import { createDiskSiteFiles } from '#infra/files/disk-site-files.ts'

/** Runs before each operation on files that the site makes; the test's own are not counted. */
const between = vi.hoisted(() => ({ run: undefined as (() => Promise<void>) | undefined }))

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const counted = Object.entries(real).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value]
    const run = value as (...args: unknown[]) => Promise<unknown>
    const wrapped = async (...args: unknown[]) => {
      await between.run?.()
      return await run(...args)
    }
    return [name, wrapped]
  })
  return { ...real, ...Object.fromEntries(counted) }
})

const NAME = {
  race: '00000000-0000-7000-8000-000000000001',
  uploadId: '00000000-0000-7000-8000-000000000002',
}
const SECRET = 'what nobody may read'

let parent: string
let files: SiteFiles

/** `incoming/R/CD1` in the site; the same names outside, with other content. */
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'veza-symlinks-'))
  files = await createDiskSiteFiles({ dataDir: join(parent, 'data'), durability: 'none' })
  const [site, outside] = [join(parent, 'data/site'), join(parent, 'outside')]
  for (const root of [site, outside]) {
    await mkdir(join(root, 'incoming/R/CD1'), { recursive: true })
    for (const file of ['a.bin', 'b.bin', 'CD1/a.bin']) {
      await writeFile(join(root, 'incoming/R', file), root === site ? 'plain' : SECRET)
    }
  }
  const staged = await files.stage(NAME)
  await staged.write(Buffer.from('uploaded'))
  await staged.close()
})
afterEach(() => rm(parent, { recursive: true, force: true }))

async function outside(): Promise<Record<string, string>> {
  const entries = await readdir(join(parent, 'outside'), { recursive: true, withFileTypes: true })
  const found = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name)
    const content = entry.isFile() ? await readFile(path, 'utf8') : 'directory'
    const { mode, mtimeMs } = await lstat(path)
    return [path, `${content} ${mode} ${entry.isFile() ? mtimeMs : ''}`] as const
  })
  return Object.fromEntries(await Promise.all(found))
}

/** Does so while nothing is counted. */
async function aside(run: () => Promise<void>): Promise<void> {
  const kept = between.run
  between.run = undefined
  await run()
  between.run = kept
}

const real = (at: string) => join(parent, 'data/site', at)
async function swap(at: string): Promise<void> {
  await rename(real(at), `${real(at)}.aside`)
  await symlink(join(parent, 'outside', at), real(at))
}
async function swapBack(at: string): Promise<void> {
  await unlink(real(at)).catch(() => {})
  await rm(real(at), { recursive: true, force: true })
  await rename(`${real(at)}.aside`, real(at))
}

const PLACES = ['incoming', 'incoming/R', 'incoming/R/CD1'] as const
const AT = ['incoming', 'R', 'CD1', 'a.bin'] as const

async function readAll(): Promise<string> {
  const file = await files.open(AT)
  if (!file) return ''
  const buffer = Buffer.alloc(100)
  const bytes = await file.read(buffer, 0)
  await file.close()
  return buffer.toString('utf8', 0, bytes)
}

/** Everything that is done to files of the site. */
const OPERATIONS: Readonly<Record<string, () => Promise<unknown>>> = {
  open: readAll,
  stat: () => files.stat(AT),
  list: () => files.list(['incoming', 'R', 'CD1']),
  setTime: () => files.setTime(AT, 1_000_000),
  'setMode of a file': () => files.setMode(AT, 0o700),
  'setMode of a directory': () => files.setMode(['incoming', 'R', 'CD1'], 0o700),
  place: () => files.place(NAME, AT),
  'place in a new directory': () => files.place(NAME, ['incoming', 'R', 'CD1', 'new', 'a.bin']),
  makeDirectory: () => files.makeDirectory(['incoming', 'R', 'CD1', 'made', 'below']),
  'remove a file': () => files.remove(AT),
  'remove a directory': () => files.remove(['incoming', 'R', 'CD1']),
  'remove a release': () => files.remove(['incoming', 'R']),
  'move a file': () => files.move(AT, ['incoming', 'R', 'c.bin']),
  'move a file into it': () => files.move(['incoming', 'R', 'b.bin'], AT),
  'move a release': () => files.move(['incoming', 'R'], ['incoming', 'S']),
}

describe.each(Object.entries(OPERATIONS))('%s', (_, operate) => {
  /** With the swap before its n-th step, and perhaps back before a later one. */
  async function attempt(at: string, swapAt: number, backAt: number): Promise<number> {
    let step = 0
    let isSwapped = false
    between.run = () =>
      aside(async () => {
        const now = step++
        if (now === swapAt) await swap(at).then(() => (isSwapped = true))
        if (now === backAt) await swapBack(at).then(() => (isSwapped = false))
      }).catch(() => {})
    const outcome = await operate().catch((cause: unknown) => cause)
    between.run = undefined
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(DiskTrouble)
    if (typeof outcome === 'string') expect(['', 'plain']).toContain(outcome)
    // What is asked about a file outside has its size.
    expect(JSON.stringify(outcome) ?? '').not.toContain(`:${SECRET.length},`)
    if (isSwapped) await swapBack(at).catch(() => {})
    return step
  }

  test.each(PLACES)('never follows a symlink in the place of %s, whenever it comes', async (at) => {
    const before = await outside()
    let steps = await attempt(at, Infinity, Infinity)
    await rebuild()
    for (let swapAt = 0; swapAt < steps; swapAt++) {
      for (let backAt = swapAt + 1; backAt <= steps; backAt++) {
        steps = Math.max(steps, await attempt(at, swapAt, backAt))
        // The steps are named for whoever sees it fail.
        expect({ swapAt, backAt, outside: await outside() }).toEqual({
          swapAt,
          backAt,
          outside: before,
        })
        await rebuild()
      }
    }
  })
})

async function rebuild(): Promise<void> {
  await rm(join(parent, 'data'), { recursive: true, force: true })
  files = await createDiskSiteFiles({ dataDir: join(parent, 'data'), durability: 'none' })
  await mkdir(real('incoming/R/CD1'), { recursive: true })
  for (const file of ['a.bin', 'b.bin', 'CD1/a.bin']) {
    await writeFile(real(`incoming/R/${file}`), 'plain')
  }
  const staged = await files.stage(NAME)
  await staged.write(Buffer.from('uploaded'))
  await staged.close()
}
