import type { CommandContext } from '#actors/kernel/host.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

import { createGate } from '#gateways/kernel/gate.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import { compare, type Look, type LookRow, type LookState } from '#gateways/site/disk/disk-look.ts'
import { startDiskCheck } from '#gateways/site/disk/disk-check.ts'
import type { Reading } from '#gateways/site/disk/disk-read.ts'
import { record } from '#gateways/site/disk/disk-record.ts'
import { strangeness, UNNAMABLE } from '#gateways/site/disk/disk-walk.ts'
import { completeIntent, sendSection } from '#gateways/site/intents.ts'
import { type FoundRace, noSuchPath } from '#gateways/site/lookup.ts'
import { assertNameAllowed } from '#gateways/site/releases/names.ts'
import { lockOfName, locationOf, type SiteParts } from '#gateways/site/parts.ts'
import { formatPath, ROOT, type SitePath } from '#gateways/site/path.ts'
import { rightsOf } from '#gateways/site/rights.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

/** What was found at one path of the site. */
export interface RescanRow extends Omit<LookRow, 'path'> {
  readonly path: string
}

export type RescanTotals = Readonly<Record<LookState, number>>

export interface Rescan extends Reading {
  /** Not said: the bytes of all files are read. */
  readonly readsAll?: boolean
  row(row: RescanRow): void
}

export interface RescanResult {
  readonly totals: RescanTotals
  readonly releases: number
  readonly isGivenUp: boolean
}

export interface SiteRescan {
  /**
   * Holds the disk against what is on record and records what is otherwise. A release and what is
   * in it is for who may bring something there or delete it; a section, or the site, for who may
   * delete there. Rejects with `disk-not-there` where the disk seems not to be mounted.
   */
  rescan(caller: SiteCaller, path: SitePath, rescan: Rescan): Promise<RescanResult>
  /**
   * The site itself looks at everything, again and again; from the end of one look to the next
   * are `everyMs`. The answer ends that.
   */
  checkDisk(everyMs: number, report: (cause: unknown) => void): { stop(): Promise<void> }
}

/** Reading whole releases is work for the disk: so many at a time, and so many wait. */
const GATE = { running: 2, waiting: 20 }

export function createSiteRescan(parts: SiteParts): SiteRescan {
  const pass = createGate(GATE)
  return {
    async rescan(caller, path, rescan) {
      const rights = await rightsOf(parts, caller)
      const isWide = path.kind === 'root' || path.kind === 'section'
      rights.assert(isWide ? 'delete' : ['delete', 'upload'], path)
      const seen = rescanOf(parts, rescan, (at) => rights.sees(at))
      return await pass(() => seen.at(path))
    },
    checkDisk(everyMs, report) {
      const lookAtAll = (rescan: Rescan) => {
        return rescanOf(parts, rescan, () => true).at({ kind: 'root' })
      }
      return startDiskCheck({ ...parts, everyMs, report, lookAtAll })
    },
  }
}

/** One look, with what it has found so far. What the asker may not see is passed over. */
function rescanOf(parts: SiteParts, rescan: Rescan, sees: (path: SitePath) => boolean) {
  const { lookup, files, siteName } = parts
  const totals = { OK: 0, BAD: 0, MISSING: 0, LOST: 0, FOUND: 0, CHANGED: 0, BUSY: 0, SKIPPED: 0 }
  let releases = 0

  const tell = (at: SitePath, row: Omit<RescanRow, 'path'>, suffix = ''): void => {
    if (!sees(at)) return
    totals[row.state]++
    rescan.row({ ...row, path: formatPath(at) + suffix })
  }
  const skip = (at: SitePath, words: string): void => {
    tell(at, { state: 'SKIPPED', sizeBytes: null, crc32: null, words })
  }

  /** What one of many refuses does not end the look at the others. */
  async function goingOn(at: SitePath, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause
      skip(at, cause.message)
    }
  }

  async function ofRace(race: FoundRace, below: string): Promise<void> {
    const { section, release } = race
    const look: Look = {
      below,
      readsAll: rescan.readsAll ?? true,
      isGivenUp: rescan.isGivenUp,
      ...(rescan.pause && { pause: rescan.pause }),
      row({ path, ...row }) {
        const isDirectory = path.endsWith('/')
        const inside = isDirectory ? path.slice(0, -1) : path
        const at = { section, release, path: inside }
        const where: SitePath =
          path === '' ? { kind: 'release', section, release } : { kind: 'inside', ...at }
        tell(where, row, isDirectory ? '/' : '')
      },
    }
    const differences = await compare(parts, race, look)
    if (differences) await record(parts, race, differences, look)
    if (differences) releases++
  }

  async function ofSection(section: string): Promise<void> {
    const { releases: known } = await lookup.section(section)
    const names = Object.keys(known)
    const found = await files.list([section])
    if (!found || found.length === 0) await assertEmpty(section, names)
    for (const release of names.toSorted()) {
      if (rescan.isGivenUp()) return
      if (!sees({ kind: 'release', section, release })) continue
      const race = await lookup.race(section, release)
      const at: SitePath = { kind: 'release', section, release }
      if (race) await goingOn(at, () => ofRace(race, ''))
      await rescan.pause?.()
    }
    for (const { name, kind } of found ?? []) {
      if (rescan.isGivenUp()) return
      const at: SitePath = { kind: 'release', section, release: name }
      if (entryOf(known, name) !== undefined) continue
      const why = strangeness(kind, name, siteName)
      if (why === UNNAMABLE) skip({ kind: 'section', section }, `it holds ${why}`)
      else if (why !== undefined) skip(at, why)
      else if (kind === 'file') skip(at, 'files belong into a release directory')
      else if (sees(at)) await goingOn(at, () => ofNewRelease(section, name))
    }
  }

  /** Made by hand: it is the site's own, so nobody is its maker. */
  async function ofNewRelease(section: string, release: string): Promise<void> {
    const at = { kind: 'release', section, release } as const
    try {
      await assertNameAllowed(lookup, at, 'directory')
    } catch (cause) {
      if (cause instanceof Refusal) return skip(at, cause.message)
      throw cause
    }
    const context = (): CommandContext => {
      return { by: null, connection: null, commandId: parts.ids.next() }
    }
    const isMade = await parts.locks.exclusive([lockOfName(section, release)], async () => {
      const { releases: known } = await lookup.section(section)
      // It has got a name, or lost it, while the others were looked at.
      if (entryOf(known, release) !== undefined) return false
      if (!(await files.list([section, release]))) return false
      const race = parts.ids.next()
      await sendSection(
        parts,
        section,
        { type: 'section.create-release', release, race },
        context(),
      )
      await completeIntent(parts, { kind: 'make-release', section, release, race }, context)
      return true
    })
    const race = isMade ? await lookup.race(section, release) : undefined
    if (!race) return
    tell(at, { state: 'FOUND', sizeBytes: null, crc32: null }, '/')
    await ofRace(race, '')
  }

  /** A disk that is not mounted looks like one where everything has been deleted. */
  async function assertEmpty(section: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const race = await lookup.race(section, name)
      if (race && race.context.fileCount > 0) throw diskNotThere(section)
    }
  }

  async function ofSite(): Promise<void> {
    const sections = await lookup.sections()
    for (const section of Object.keys(sections).toSorted()) {
      const at: SitePath = { kind: 'section', section }
      if (sees(at)) await goingOn(at, () => ofSection(section))
    }
    for (const { name, kind } of (await files.list([])) ?? []) {
      if (entryOf(sections, name)) continue
      const why = strangeness(kind, name, siteName) ?? 'no section of the site is called so'
      if (why === UNNAMABLE) skip(ROOT, `it holds ${why}`)
      else skip({ kind: 'section', section: name }, why)
    }
  }

  async function at(path: SitePath): Promise<RescanResult> {
    if (path.kind === 'root') await ofSite()
    else if (path.kind === 'section') {
      if (!entryOf(await lookup.sections(), path.section)) throw noSuchPath(formatPath(path))
      await ofSection(path.section)
    } else {
      await ofPath(path)
    }
    return { totals, releases, isGivenUp: rescan.isGivenUp() }
  }

  async function ofPath(path: Extract<SitePath, { kind: 'release' | 'inside' }>): Promise<void> {
    const { section, release } = path
    const race = await lookup.race(section, release)
    const isOnDisk = (await files.list([section, release])) !== undefined
    const isSection = entryOf(await lookup.sections(), section) !== undefined
    if (!race) {
      if (!isOnDisk || !isSection || path.kind !== 'release') throw noSuchPath(formatPath(path))
      return await ofNewRelease(section, release)
    }
    if (!isOnDisk && !(await files.list([section]))?.length && race.context.fileCount > 0) {
      throw diskNotThere(section)
    }
    if (path.kind === 'inside' && !(await isKnown(race, path))) throw noSuchPath(formatPath(path))
    await ofRace(race, path.kind === 'inside' ? path.path : '')
  }

  /** On record, or on the disk. */
  async function isKnown(
    race: FoundRace,
    path: Extract<SitePath, { kind: 'inside' }>,
  ): Promise<boolean> {
    if ((await lookup.node(path)).kind !== 'absent') return true
    return (await files.stat(locationOf(race, path.path))) !== undefined
  }

  return { at }
}

function diskNotThere(section: string): Refusal {
  const words = `Nothing of /${section} is on the disk: is it mounted? Nothing is recorded.`
  return new Refusal(SITE_REFUSALS.diskNotThere, words, { section })
}
