import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import { expect } from 'vitest'

import type { ActorHost } from '#actors/kernel/host.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { SectionContext } from '#actors/section/section.commands.ts'
import { sectionsNow } from '#actors/site/sections-now.ts'
import type { SiteFiles } from '#events/site-files.ts'
import { createSite, type Site } from '#gateways/site/site.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import { parsePath, ROOT } from '#gateways/site/path.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createDiskSiteFiles } from '#infra/files/disk-site-files.ts'
import type { ReadModels } from '#projections/read-models.ts'
import { memberNamed } from '#test/member.ts'
import { createTestSystem } from '#test/harness.ts'

export const at = (path: string) => parsePath(ROOT, path)

/** A site of which a process can die at any step; `ana` has the flags. */
export async function startSettling(flags: string, readModels: Partial<ReadModels> = {}) {
  // A clock of its own, which a test may set.
  const system = await createTestSystem({ clock: { ...systemClock } })
  await system.addMember({ name: 'ana', flags })
  const dataDir = await mkdtemp(join(tmpdir(), 'veza-settle-'))
  const files = await createDiskSiteFiles({ dataDir, durability: 'none' })
  const caller: SiteCaller = {
    member: memberNamed('ana'),
    context: () => ({ by: 'ana', flags, connection: 'c', commandId: system.ids.next() }),
  }
  const { host } = system

  function siteOn(on: ActorHost = host, from: SiteFiles = files): Site {
    return createSite({ ...system, host: on, files: from, readModels: readModels as ReadModels })
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
    const mortalHost: ActorHost = {
      ...host,
      send: async (...args) => await live((...given: typeof args) => host.send(...given))(...args),
    }
    return { site: siteOn(mortalHost, wrap(files)), hasDied: () => done > n }
  }

  /** What the actors know, as the disk should have it. */
  async function expectDiskAsRecorded(): Promise<void> {
    const parts: string[] = []
    for (const section of Object.keys(await sectionsNow(host))) {
      const expected: string[] = []
      const state = await host.state<SectionContext>({ kind: 'section', id: section })
      for (const [release, id] of Object.entries(state.context.releases)) {
        const { context } = await host.state<RaceContext>({ kind: 'race', id })
        expect([context.section, context.release]).toEqual([section, release])
        expect(context.uploads).toEqual({})
        expected.push(release)
        for (const directory of Object.keys(context.directories))
          expected.push(`${release}/${directory}`)
        for (const [path, file] of Object.entries(context.files)) {
          expected.push(`${release}/${path}`)
          const content = await readFile(join(dataDir, 'site', section, release, path))
          expect(crc32(content).toString(16).padStart(8, '0')).toBe(file.crc32)
        }
        for (const partial of Object.values(context.partials))
          parts.push(`${id}.${partial.uploadId}.part`)
      }
      const folder = join(dataDir, 'site', section)
      await mkdir(folder, { recursive: true })
      expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(expected.toSorted())
    }
    expect((await readdir(join(dataDir, 'staging'))).toSorted()).toEqual(parts.toSorted())
  }

  return {
    system,
    dataDir,
    files,
    caller,
    siteOn,
    mortal,
    expectDiskAsRecorded,
    async upload(site: Site, path: string, content: string, start: number | 'append' = 0) {
      const from = start === 'append' ? start : { offsetBytes: start }
      const one = await site.beginUpload(caller, at(path), from)
      await one.write(Buffer.from(content))
      await one.finish()
    },
    async stop() {
      await system.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export type Settling = Awaited<ReturnType<typeof startSettling>>

function isCrash(cause: unknown): boolean {
  return cause instanceof Error && (cause.message === 'crashed' || isCrash(cause.cause))
}

/**
 * Lets a process die at each step of what it does, each time in a new world, and settles it
 * after that; answers how many crashes there were.
 */
export async function crashEverywhere(
  start: () => Promise<Settling>,
  act: (world: Settling, site: Site) => Promise<void>,
  alsoHolds: (world: Settling) => Promise<void> = async () => {},
): Promise<number> {
  for (let n = 0; ; n++) {
    const world = await start()
    try {
      const life = world.mortal(n)
      await act(world, life.site).catch((cause: unknown) => {
        if (!isCrash(cause)) throw cause
      })
      if (!life.hasDied()) return n
      await world.siteOn().settle()
      const holds = async () => {
        await world.expectDiskAsRecorded()
        await alsoHolds(world)
      }
      await holds().catch((cause: unknown) => {
        throw new Error(`after a crash at step ${n}`, { cause })
      })
      const head = await world.system.log.head()
      await world.siteOn().settle()
      expect(await world.system.log.head()).toBe(head)
    } finally {
      await world.stop()
    }
  }
}
