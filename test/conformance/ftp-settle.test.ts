import { readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { DiskTrouble } from '#events/site-files.ts'
import type { Site } from '#gateways/site/site.ts'
import {
  at,
  crashEverywhere,
  type Settling,
  startSettling,
} from '#test/conformance/ftp-settle.fixture.ts'

const crcOf = (content: string) => crc32(content).toString(16).padStart(8, '0')

/** By the default rights only siteops move files from one directory to another. */
const start = () => startSettling('13')

let world: Settling
beforeEach(async () => {
  world = await start()
})
afterEach(() => world.stop())

/** Everything that a member can do to the site. */
async function everything({ caller, upload }: Settling, site: Site): Promise<void> {
  await site.makeDirectory(caller, at('/incoming/R'))
  await site.makeDirectory(caller, at('/incoming/R/CD1'))
  await site.makeDirectory(caller, at('/incoming/R/CD2'))
  await upload(site, '/incoming/R/a.bin', 'aaa')
  await upload(site, '/incoming/R/CD1/b.bin', 'bbb')
  const broken = await site.beginUpload(caller, at('/incoming/R/c.bin'), { offsetBytes: 0 })
  await broken.write(Buffer.from('01234'))
  await broken.abort('broken')
  await upload(site, '/incoming/R/c.bin', '3456', 3)
  await upload(site, '/incoming/R/x.sfv', `d.bin ${crcOf('ddd')}`)
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

describe('settling', () => {
  test('everything, without a crash, leaves disk and log in step', async () => {
    await everything(world, world.siteOn())
    await world.expectDiskAsRecorded()
  })

  test('a crash at any step is made good, and settling twice is settling once', async () => {
    expect(await crashEverywhere(start, everything)).toBeGreaterThan(60)
  })

  /** A wrong sfv, and a better one of another name. */
  async function betterSfv({ caller, upload }: Settling, site: Site): Promise<void> {
    const sfv = (content: string) =>
      ['a.rar', 'b.rar'].map((name) => `${name} ${crcOf(content)}`).join('\r\n')
    await site.makeDirectory(caller, at('/incoming/R'))
    await upload(site, '/incoming/R/a.rar', 'aaa')
    await upload(site, '/incoming/R/old.sfv', sfv('zzz'))
    await upload(site, '/incoming/R/new.sfv', sfv('aaa'))
  }

  test('a crash while an sfv takes the place of another is made good', async () => {
    expect(await crashEverywhere(start, betterSfv)).toBeGreaterThan(20)
  })

  test('a replaced sfv that the disk does not let go of goes with the next start', async () => {
    const remove = () => Promise.reject(new DiskTrouble('failed', undefined))
    await betterSfv(world, world.siteOn(world.system.host, { ...world.files, remove }))
    const folder = join(world.dataDir, 'site/incoming/R')
    expect((await readdir(folder)).toSorted()).toEqual(['a.rar', 'new.sfv', 'old.sfv'])
    await world.siteOn().settle()
    await world.expectDiskAsRecorded()
  })

  test('what was left of an upload can be resumed after a crash', async () => {
    const { caller, dataDir, siteOn } = world
    const site = siteOn()
    await site.makeDirectory(caller, at('/incoming/R'))
    const dead = await site.beginUpload(caller, at('/incoming/R/a.bin'), { offsetBytes: 0 })
    await dead.write(Buffer.from('01234'))
    await writeFile(join(dataDir, 'staging', `${dead.race}.${dead.uploadId}.part`), '01234')
    const next = siteOn()
    await next.settle()
    expect(await next.partialBytes(caller, at('/incoming/R/a.bin'))).toBe(5)
    await world.upload(next, '/incoming/R/a.bin', '56789', 'append')
    expect(await readFile(join(dataDir, 'site/incoming/R/a.bin'), 'utf8')).toBe('0123456789')
    await world.expectDiskAsRecorded()
  })

  test('what nobody knows and what is too old is removed', async () => {
    const { caller, dataDir, siteOn } = world
    const site = siteOn()
    await site.makeDirectory(caller, at('/incoming/R'))
    const one = await site.beginUpload(caller, at('/incoming/R/a.bin'), { offsetBytes: 0 })
    await one.write(Buffer.from('abc'))
    await one.abort('broken')
    const part = join(dataDir, 'staging', `${one.race}.${one.uploadId}.part`)
    await writeFile(join(dataDir, 'staging', `${one.race}.${world.system.ids.next()}.part`), 'x')
    await site.settle()
    expect(await readdir(join(dataDir, 'staging'))).toEqual([`${one.race}.${one.uploadId}.part`])
    await utimes(part, 0, 0)
    await site.settle()
    expect(await readdir(join(dataDir, 'staging'))).toEqual([])
    expect(await site.partialBytes(caller, at('/incoming/R/a.bin'))).toBeUndefined()
  })
})
