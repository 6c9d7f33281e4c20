import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createDiskSiteFiles } from '#infra/files/disk-site-files.ts'

let dataDir: string
const site = (...parts: string[]) => join(dataDir, 'site', ...parts)

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'veza-files-'))
  await mkdir(site('mp3', 'Rel'), { recursive: true })
  await writeFile(site('mp3', 'Rel', 'a.bin'), 'abc')
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const open = (node?: string) =>
  createDiskSiteFiles({ dataDir, durability: 'none', ...(node !== undefined && { node }) })

test('a directory is listed with links as links, and none is gone through', async () => {
  const files = await open()
  await symlink('/etc', site('mp3', 'etc'))
  await symlink('/etc/passwd', site('mp3', 'Rel', 'passwd'))
  await mkdir(site('mp3', 'Rel', 'CD1'))
  const kinds = async (...location: string[]) =>
    Object.fromEntries((await files.list(location))?.map(({ name, kind }) => [name, kind]) ?? [])
  expect(await kinds()).toEqual({ mp3: 'directory' })
  expect(await kinds('mp3')).toEqual({ Rel: 'directory', etc: 'link' })
  expect(await kinds('mp3', 'Rel')).toEqual({ 'a.bin': 'file', passwd: 'link', CD1: 'directory' })
  const file = (await files.list(['mp3', 'Rel']))?.find(({ name }) => name === 'a.bin')
  expect(file?.sizeBytes).toBe(3)
  for (const none of [['mp3', 'etc'], ['none'], ['mp3', 'Rel', 'a.bin']]) {
    expect(await files.list(none)).toBeUndefined()
  }
  await expect(files.list(['..'])).rejects.toThrow('the disk of the site is failing')
})

test('a name that is no UTF-8 is told as something else', async () => {
  const files = await open()
  const bytes = Buffer.concat([Buffer.from(`${site('mp3')}/`), Buffer.from([0x66, 0xff])])
  await writeFile(bytes, 'x')
  const [entry] = (await files.list(['mp3']))?.filter(({ kind }) => kind === 'other') ?? []
  expect(entry?.name).toContain('\ufffd')
})

test('the time of a file is set, and nothing is where there is none', async () => {
  const files = await open()
  const at = Date.UTC(2020, 1, 3, 4, 5, 6)
  expect(await files.setTime(['mp3', 'Rel', 'a.bin'], at)).toBe(true)
  expect((await stat(site('mp3', 'Rel', 'a.bin'))).mtimeMs).toBe(at)
  expect(await files.setTime(['mp3', 'Rel', 'b.bin'], at)).toBe(false)
})

test('the server keeps what it needs of a file, and others do not get to write', async () => {
  const files = await open()
  const modeOf = async (...parts: string[]) => (await stat(site(...parts))).mode & 0o7777
  expect(await files.setMode(['mp3', 'Rel', 'a.bin'], 0o040)).toBe(true)
  expect(await modeOf('mp3', 'Rel', 'a.bin')).toBe(0o640)
  await files.setMode(['mp3', 'Rel', 'a.bin'], 0o777)
  expect(await modeOf('mp3', 'Rel', 'a.bin')).toBe(0o755)
  await files.setMode(['mp3', 'Rel'], 0)
  expect(await modeOf('mp3', 'Rel')).toBe(0o700)
  await symlink('/etc/passwd', site('mp3', 'link'))
  expect(await files.setMode(['mp3', 'link'], 0o777)).toBe(false)
})

test('what waits at another process of the same folder is staged too', async () => {
  const [one, other] = [await open('one'), await open('other')]
  const name = { race: crypto.randomUUID(), uploadId: crypto.randomUUID() }
  await (await other.stage(name)).close()
  expect(await one.statStaged(name)).toBeUndefined()
  expect(await one.isStagedAnywhere(name)).toBe(true)
  await other.discard(name)
  expect(await one.isStagedAnywhere(name)).toBe(false)
})

test('a script that works in another directory finds what is staged', async () => {
  const files = await createDiskSiteFiles({ dataDir: relative('', dataDir), durability: 'none' })
  const name = { race: 'r', uploadId: 'u' }
  await (await files.stage(name)).close()
  expect(files.stagedPath(name)).toContain(join(dataDir, 'staging'))
})
