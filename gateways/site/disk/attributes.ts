import type { Receipt } from '#actors/kernel/host.ts'
import type { PathRight } from '#actors/policy/actions.ts'
import { RACE_REFUSALS, type RaceCommand } from '#actors/race/race.commands.ts'
import { Refusal } from '#events/refusal.ts'
import { DiskTrouble, type SiteLocation } from '#events/site-files.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { refuseStatusName } from '#gateways/site/changes.ts'
import { sendRace } from '#gateways/site/intents.ts'
import { noSuchPath, notAFile } from '#gateways/site/lookup.ts'
import { locationOf, lockOfRace, type SiteParts } from '#gateways/site/parts.ts'
import { formatPath, partsOf, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { rightsOf } from '#gateways/site/rights.ts'

/**
 * What lies on the site can be given another time and other permission bits. They are shown and
 * mean nothing else: what a member may do is said by the rights.
 */
export interface SiteAttributes {
  /** A file's. For its uploader who may upload there, and for who may overwrite files there. */
  setTime(caller: SiteCaller, path: SitePath, modifiedAtMs: number): Promise<Receipt>
  /**
   * Of a file, a directory or a release. For the uploader of the file or the maker of the release
   * who may upload there, and for who has the right `chmod`.
   */
  setMode(caller: SiteCaller, path: SitePath, mode: number): Promise<Receipt>
}

export function createSiteAttributes(parts: SiteParts): SiteAttributes {
  return {
    async setTime(caller, path, modifiedAtMs) {
      const { race, below, isGranted } = await changeable(parts, caller, path, 'overwrite')
      const command = { type: 'race.touch-file', file: below, modifiedAtMs } as const
      return await set(parts, caller, { race, below, isGranted }, command, (location) =>
        parts.files.setTime(location, modifiedAtMs),
      )
    },
    async setMode(caller, path, mode) {
      const { race, below, isGranted } = await changeable(parts, caller, path, 'chmod')
      const command = { type: 'race.set-mode', path: below, mode } as const
      return await set(parts, caller, { race, below, isGranted }, command, (location) =>
        parts.files.setMode(location, mode),
      )
    },
  }
}

interface Changeable {
  readonly race: string
  /** Below the release. */
  readonly below: string
  readonly isGranted: boolean
}

/** Rejects for what is not there, is hidden, or is not the caller's to change. */
async function changeable(
  parts: SiteParts,
  caller: SiteCaller,
  path: SitePath,
  right: Extract<PathRight, 'overwrite' | 'chmod'>,
): Promise<Changeable> {
  refuseStatusName(path, parts.siteName)
  const rights = await rightsOf(parts, caller)
  rights.assert(['list', 'upload', right], path)
  const node = await parts.lookup.node(path)
  if (node.kind === 'absent') throw noSuchPath(formatPath(path))
  if (node.kind === 'root' || node.kind === 'section') {
    const words = 'A section is as the site has it.'
    throw new Refusal(SITE_REFUSALS.sectionsAreFixed, words)
  }
  // That of a directory is the time of what came last in it.
  if (right === 'overwrite' && node.kind !== 'file') throw notAFile(path)
  const isGranted = rights.allows(right, path)
  const owner = node.kind === 'file' ? node.file.member : node.race.maker
  if (!isGranted && owner !== caller.member.id) {
    const name = partsOf(path).at(-1)
    // Whose it is may be hidden behind the group that has published it.
    throw new Refusal(RACE_REFUSALS.notYours, `${name} is not yours.`, { file: name })
  }
  if (!isGranted) rights.assert('upload', path)
  return { race: node.race.id, below: node.kind === 'release' ? '' : node.path, isGranted }
}

/** The fact first; then the disk, which may have it otherwise: nobody reads it from there. */
async function set(
  parts: SiteParts,
  caller: SiteCaller,
  { race, below, isGranted }: Changeable,
  command: RaceCommand,
  follow: (location: SiteLocation) => Promise<boolean>,
): Promise<Receipt> {
  return await parts.locks.exclusive([lockOfRace(race)], async () => {
    const receipt = await sendRace(parts, race, command, { ...caller.context(), isGranted })
    try {
      await follow(locationOf(await parts.lookup.raceById(race), below))
    } catch (cause) {
      if (!(cause instanceof DiskTrouble)) throw cause
      parts.logger.warn({ err: cause, race, below }, 'the disk has another time or mode')
    }
    return receipt
  })
}
