import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { ActorHost } from '#actors/kernel/host.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { SectionContext } from '#actors/section/section.commands.ts'
import type { SiteFiles } from '#events/site-files.ts'
import { createSite, type Site } from '#gateways/site/site.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import { parsePath, ROOT } from '#gateways/site/path.ts'
import { createDiskSiteFiles } from '#infra/files/disk-site-files.ts'
import type { ReadModels } from '#projections/read-models.ts'
import { memberNamed } from '#test/member.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

/** Changes ask the read models nothing. */
const readModels = {} as ReadModels
const at = (path: string) => parsePath(ROOT, path)

let system: TestSystem
let dataDir: string
let files: SiteFiles
let caller: SiteCaller

beforeEach(async () => {
  system = await createTestSystem()
  await system.addMember({ name: 'ana' })
  dataDir = await mkdtemp(join(tmpdir(), 'veza-settle-'))
  files = await createDiskSiteFiles({ dataDir, durability: 'none' })
  caller = {
    member: memberNamed('ana'),
    context: () => ({ by: 'ana', flags: '3', connection: 'c', commandId: system.ids.next() }),
  }
})
afterEach(async () => {
  await system.stop()
  await rm(dataDir, { recursive: true, force: true })
})

function siteOn(host: ActorHost, on: SiteFiles): Site {
  return createSite({ ...system, host, files: on, readModels }, { sections: ['incoming'] })
}

/** Dies at the n-th thing it would do, and does nothing from then on. */
function mortal(n: number) {
  let done = 0
  const live = <A extends unknown[], R>(run: (...args: A) => R): ((...args: A) => R) => {
    return (...args) => {
      if (done++ >= n) throw new Error('crashed')
      return run(...args)
    }
  }
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, key) {
        const value = target[key as keyof T]
        if (typeof value !== 'function') return value
        const run = live(async (...args: unknown[]) => {
          const result: unknown = await Reflect.apply(value, target, args)
          const isHandle = typeof result === 'object' && result !== null && 'close' in result
          return isHandle ? wrap(result) : result
        })
        // The system closes a dead process's files.
        if (key === 'close') return value.bind(target)
        // Whatever can crash answers with a promise, but for a write that need not wait.
        return key === 'write'
          ? live(value.bind(target))
          : async (...args: unknown[]) => await run(...args)
      },
    })
  return {
    files: wrap(files),
    host: {
      ...system.host,
      send: async (...args) =>
        await live((...given: typeof args) => system.host.send(...given))(...args),
    } as ActorHost,
    hasDied: () => done > n,
  }
}

function isCrash(cause: unknown): boolean {
  return cause instanceof Error && (cause.message === 'crashed' || isCrash(cause.cause))
}

async function upload(site: Site, path: string, content: string, start: number | 'append' = 0) {
  const from = start === 'append' ? start : { offsetBytes: start }
  const one = await site.beginUpload(caller, at(path), from)
  await one.write(Buffer.from(content))
  await one.finish()
}

/** Everything that a member can do to the site. */
async function everything(site: Site): Promise<void> {
  await site.makeDirectory(caller, at('/incoming/R'))
  await site.makeDirectory(caller, at('/incoming/R/CD1'))
  await site.makeDirectory(caller, at('/incoming/R/CD2'))
  await upload(site, '/incoming/R/a.bin', 'aaa')
  await upload(site, '/incoming/R/CD1/b.bin', 'bbb')
  const broken = await site.beginUpload(caller, at('/incoming/R/c.bin'), { offsetBytes: 0 })
  await broken.write(Buffer.from('01234'))
  await broken.abort('broken')
  await upload(site, '/incoming/R/c.bin', '3456', 3)
  await upload(site, '/incoming/R/x.sfv', `d.bin ${crc32('ddd').toString(16).padStart(8, '0')}`)
  await upload(site, '/incoming/R/d.bin', 'bad').catch((cause: unknown) => {
    if ((cause as { code?: string }).code !== 'file-rejected') throw cause
  })
  await site.rename(caller, at('/incoming/R/a.bin'), at('/incoming/R/CD2/a2.bin'))
  await site.deleteFile(caller, at('/incoming/R/CD1/b.bin'))
  await site.removeDirectory(caller, at('/incoming/R/CD1'))
  await site.rename(caller, at('/incoming/R'), at('/incoming/S'))
  await site.makeDirectory(caller, at('/incoming/T'))
  const left = await site.beginUpload(caller, at('/incoming/T/z.bin'), { offsetBytes: 0 })
  await left.write(Buffer.from('zz'))
  await left.abort('broken')
  await site.removeDirectory(caller, at('/incoming/T'))
}

/** What the actors know, as the disk should have it. */
async function expectDiskAsRecorded(): Promise<void> {
  const state = await system.host.state<SectionContext>({ kind: 'section', id: 'incoming' })
  const expected: string[] = []
  const parts: string[] = []
  for (const [release, id] of Object.entries(state.context.releases)) {
    const { context } = await system.host.state<RaceContext>({ kind: 'race', id })
    expect(context.release).toBe(release)
    expect(context.uploads).toEqual({})
    expected.push(release)
    for (const directory of Object.keys(context.directories))
      expected.push(`${release}/${directory}`)
    for (const [path, file] of Object.entries(context.files)) {
      expected.push(`${release}/${path}`)
      const content = await readFile(join(dataDir, 'site/incoming', release, path))
      expect(crc32(content).toString(16).padStart(8, '0')).toBe(file.crc32)
    }
    for (const partial of Object.values(context.partials))
      parts.push(`${id}.${partial.uploadId}.part`)
  }
  const folder = join(dataDir, 'site/incoming')
  await mkdir(folder, { recursive: true })
  expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(expected.toSorted())
  expect((await readdir(join(dataDir, 'staging'))).toSorted()).toEqual(parts.toSorted())
}

describe('settling', () => {
  test('everything, without a crash, leaves disk and log in step', async () => {
    await everything(siteOn(system.host, files))
    await expectDiskAsRecorded()
  })

  test('a crash at any step is made good, and settling twice is settling once', async () => {
    let crashes = 0
    for (let n = 0; ; n++) {
      const life = mortal(n)
      await everything(siteOn(life.host, life.files)).catch((cause: unknown) => {
        if (!isCrash(cause)) throw cause
      })
      if (!life.hasDied()) break
      crashes++
      const next = siteOn(system.host, files)
      await next.settle()
      await expectDiskAsRecorded().catch((cause: unknown) => {
        throw new Error(`after a crash at step ${n}`, { cause })
      })
      const head = await system.log.head()
      await siteOn(system.host, files).settle()
      expect(await system.log.head()).toBe(head)
      await system.stop()
      await rm(dataDir, { recursive: true, force: true })
      system = await createTestSystem()
      // By the default rights only siteops move files from one directory to another.
      await system.addMember({ name: 'ana', flags: '13' })
      dataDir = await mkdtemp(join(tmpdir(), 'veza-settle-'))
      files = await createDiskSiteFiles({ dataDir, durability: 'none' })
    }
    expect(crashes).toBeGreaterThan(60)
  })

  test('what was left of an upload can be resumed after a crash', async () => {
    const site = siteOn(system.host, files)
    await site.makeDirectory(caller, at('/incoming/R'))
    const dead = await site.beginUpload(caller, at('/incoming/R/a.bin'), { offsetBytes: 0 })
    await dead.write(Buffer.from('01234'))
    await writeFile(join(dataDir, 'staging', `${dead.race}.${dead.uploadId}.part`), '01234')
    const next = siteOn(system.host, files)
    await next.settle()
    expect(await next.partialBytes(caller, at('/incoming/R/a.bin'))).toBe(5)
    await upload(next, '/incoming/R/a.bin', '56789', 'append')
    expect(await readFile(join(dataDir, 'site/incoming/R/a.bin'), 'utf8')).toBe('0123456789')
    await expectDiskAsRecorded()
  })

  test('what nobody knows and what is too old is removed', async () => {
    const site = siteOn(system.host, files)
    await site.makeDirectory(caller, at('/incoming/R'))
    const one = await site.beginUpload(caller, at('/incoming/R/a.bin'), { offsetBytes: 0 })
    await one.write(Buffer.from('abc'))
    await one.abort('broken')
    const part = join(dataDir, 'staging', `${one.race}.${one.uploadId}.part`)
    await writeFile(join(dataDir, 'staging', `${one.race}.${system.ids.next()}.part`), 'x')
    await site.settle()
    expect(await readdir(join(dataDir, 'staging'))).toEqual([`${one.race}.${one.uploadId}.part`])
    await utimes(part, 0, 0)
    await site.settle()
    expect(await readdir(join(dataDir, 'staging'))).toEqual([])
    expect(await site.partialBytes(caller, at('/incoming/R/a.bin'))).toBeUndefined()
  })
})
