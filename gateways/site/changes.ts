import type { CommandContext, Receipt } from '#actors/kernel/host.ts'
import type { PolicyAnswer } from '#actors/policy/policy-request.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { folderOf } from '#events/release-paths.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { sendRace, sendSection } from '#gateways/site/intents.ts'
import { change } from '#gateways/site/journal.ts'
import {
  hasDirectory,
  type FoundRace,
  isRecorded,
  noSuchPath,
  notAFile,
} from '#gateways/site/lookup.ts'
import { assertNameAllowed } from '#gateways/site/releases/names.ts'
import { lockOfName, lockOfRace, type SiteParts } from '#gateways/site/parts.ts'
import { formatPath, parentOf, partsOf, type SitePath } from '#gateways/site/path.ts'
import { grantedContext, rightsOf } from '#gateways/site/rights.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { isStatusName } from '#gateways/site/listings/status.ts'

/**
 * Changes to the site that are no uploads. Each keeps an intent, has its fact recorded, then
 * follows on the disk, then drops the intent: a crash in between is settled at start-up.
 */
export interface SiteChanges {
  makeDirectory(caller: SiteCaller, path: SitePath): Promise<Receipt>
  /** An empty directory, or a release without files. */
  removeDirectory(caller: SiteCaller, path: SitePath): Promise<Receipt>
  deleteFile(caller: SiteCaller, path: SitePath): Promise<Receipt>
  /** A file within its release, or a release within its section. */
  rename(caller: SiteCaller, from: SitePath, to: SitePath): Promise<Receipt>
}

/** Either is asked for before it is looked at whose it is. */
const TO_DELETE = ['delete', 'deleteown'] as const

export function createSiteChanges(parts: SiteParts): SiteChanges {
  const { lookup, siteName } = parts
  return {
    async makeDirectory(caller, path) {
      refuseStatusName(path, siteName)
      const rights = await rightsOf(parts, caller)
      const fixed = new Refusal(
        SITE_REFUSALS.sectionsAreFixed,
        'Sections are made by the site alone.',
      )
      rights.assert('makedir', path, path.kind === 'section' ? { absent: fixed } : {})
      const node = await lookup.node(path)
      if (path.kind === 'section' && node.kind === 'absent') throw fixed
      if (node.kind !== 'absent') {
        throw new Refusal(SITE_REFUSALS.pathExists, `${formatPath(path)} already exists.`)
      }
      if (path.kind === 'release' && entryOf(await lookup.sections(), path.section)) {
        await assertNameAllowed(lookup, path, 'directory')
        return await parts.dupes.making(caller, path, async () => {
          await parts.siteHooks.beforeDirectory(caller, path)
          return await makeRelease(parts, caller, path)
        })
      }
      if (path.kind !== 'inside' || !node.race || !hasFolder(node.race, path)) {
        throw noSuchPath(formatPath(path))
      }
      await assertNameAllowed(lookup, path, 'directory')
      await parts.siteHooks.beforeDirectory(caller, path)
      return await makeInside(parts, caller, node.race, path.path)
    },

    async removeDirectory(caller, path) {
      refuseStatusName(path, siteName)
      const rights = await rightsOf(parts, caller)
      rights.assert(TO_DELETE, path)
      const node = await lookup.node(path)
      if (node.kind === 'release' || node.kind === 'directory') {
        const answer = rights.assertOwn('delete', path, node.race.maker)
        if (node.kind === 'release') {
          const receipt = await removeRelease(parts, caller, node.race, answer)
          parts.dupes.removed(receipt)
          return receipt
        }
        const race = node.race.id
        return await change(parts, [lockOfRace(race)], caller, {
          intent: { kind: 'remove-directory', race, path: node.path },
          record: () =>
            sendRace(
              parts,
              race,
              { type: 'race.remove-directory', directory: node.path },
              grantedContext(caller, answer),
            ),
        })
      }
      if (node.kind === 'absent') throw noSuchPath(formatPath(path))
      if (node.kind === 'file') {
        throw new Refusal(SITE_REFUSALS.notADirectory, `${formatPath(path)} is no directory.`)
      }
      throw new Refusal(SITE_REFUSALS.sectionsAreFixed, 'Sections are removed by the site alone.')
    },

    async deleteFile(caller, path) {
      refuseStatusName(path, siteName)
      const rights = await rightsOf(parts, caller)
      rights.assert(TO_DELETE, path)
      const node = await lookup.node(path)
      if (node.kind === 'absent') throw noSuchPath(formatPath(path))
      if (node.kind !== 'file') throw notAFile(path)
      const race = node.race.id
      const context = grantedContext(caller, rights.assertOwn('delete', path, node.file.member))
      return await change(parts, [lockOfRace(race)], caller, {
        intent: { kind: 'delete-file', race, path: node.path },
        record: () => sendRace(parts, race, { type: 'race.delete-file', file: node.path }, context),
      })
    },

    async rename(caller, from, to) {
      refuseStatusName(to, siteName)
      const rights = await rightsOf(parts, caller)
      for (const path of [from, to]) {
        const isSection = path === to && to.kind === 'section'
        rights.assert(['rename', 'renameown'], path, isSection ? { absent: movedAcross() } : {})
      }
      // Before anything is said of what is to be renamed: a folder that is hidden is not there.
      if (to.kind !== 'section' && (await lookup.node(parentOf(to))).kind === 'absent') {
        throw noSuchPath(formatPath(to))
      }
      const node = await lookup.node(from)
      if (node.kind === 'absent') throw noSuchPath(formatPath(from))
      const contextFor = (owner: string): CommandContext => {
        const answers = [from, to].map((path) => rights.assertOwn('rename', path, owner))
        return grantedContext(caller, ...answers)
      }
      if (node.kind === 'release' && to.kind === 'release' && to.section === node.race.section) {
        const { race } = node
        const context = contextFor(race.maker)
        await assertNameAllowed(lookup, to, 'directory')
        return await parts.dupes.making(caller, { ...to, race: race.id }, () =>
          renameRelease(parts, caller, race, to.release, context),
        )
      }
      if (node.kind === 'file' && to.kind === 'inside' && isHome(node.race, to)) {
        const race = node.race.id
        const context = contextFor(node.file.member)
        const isOwner = node.file.member === caller.member.id
        await assertNameAllowed(lookup, to, 'file')
        // Within the release owners put in order what they have brought.
        if (!isOwner && folderOf(node.path) !== folderOf(to.path)) {
          for (const path of [from, to]) rights.assert('filemove', path)
        }
        const names = { from: node.path, to: to.path }
        return await change(parts, [lockOfRace(race)], caller, {
          intent: { kind: 'rename-file', race, ...names },
          record: () => sendRace(parts, race, { type: 'race.rename-file', ...names }, context),
        })
      }
      throw movedAcross()
    },
  }
}

export function makeRelease(
  parts: SiteParts,
  caller: SiteCaller,
  { section, release }: { readonly section: string; readonly release: string },
): Promise<Receipt> {
  const race = parts.ids.next()
  return change(parts, [lockOfName(section, release)], caller, {
    intent: { kind: 'make-release', section, release, race },
    record: () =>
      sendSection(
        parts,
        section,
        { type: 'section.create-release', release, race },
        caller.context(),
      ),
  })
}

async function makeInside(
  parts: SiteParts,
  caller: SiteCaller,
  found: FoundRace,
  directory: string,
): Promise<Receipt> {
  const { id: race, section, release } = found
  return await change(parts, [lockOfRace(race)], caller, {
    intent: { kind: 'make-directory', race, path: directory },
    record: async () => {
      if (!isRecorded(found)) {
        await sendRace(parts, race, { type: 'race.create', section, release }, caller.context())
      }
      const command = { type: 'race.make-directory', directory } as const
      return await sendRace(parts, race, command, caller.context())
    },
  })
}

async function removeRelease(
  parts: SiteParts,
  caller: SiteCaller,
  found: FoundRace,
  answer: PolicyAnswer,
): Promise<Receipt> {
  const { id: race, section, release } = found
  const locks = [lockOfRace(race), lockOfName(section, release)]
  return await change(parts, locks, caller, {
    intent: { kind: 'remove-release', section, release, race },
    record: async () => {
      // What a crash or a full mailbox cut short: the race is gone and its name is left.
      if (found.isRemoved) {
        const command = { type: 'section.remove-release', release } as const
        return await sendSection(parts, section, command, caller.context())
      }
      if (!isRecorded(found)) {
        await sendRace(parts, race, { type: 'race.create', section, release }, caller.context())
      }
      return await sendRace(parts, race, { type: 'race.remove' }, grantedContext(caller, answer))
    },
  })
}

export async function renameRelease(
  parts: SiteParts,
  caller: SiteCaller,
  { id: race, section, release: from }: FoundRace,
  to: string,
  context: CommandContext,
): Promise<Receipt> {
  const locks = [lockOfRace(race), lockOfName(section, from), lockOfName(section, to)]
  return await change(parts, locks, caller, {
    intent: { kind: 'rename-release', section, from, to, race },
    record: () =>
      sendSection(parts, section, { type: 'section.rename-release', from, to }, context),
  })
}

function movedAcross(): Refusal {
  const words = 'Only files within a release and releases within a section can be renamed.'
  return new Refusal(SITE_REFUSALS.moveAcross, words)
}

function hasFolder({ context }: FoundRace, { path }: { readonly path: string }): boolean {
  return hasDirectory(context, folderOf(path))
}

function isHome(
  race: FoundRace,
  path: { readonly section: string; readonly release: string },
): boolean {
  return race.section === path.section && race.release === path.release
}

/** Nobody may make or take away what the site shows of a race. */
export function refuseStatusName(path: SitePath, siteName: string): void {
  const name = partsOf(path).at(-1)
  if (name === undefined || !isStatusName(name, siteName)) return
  throw new Refusal(SITE_REFUSALS.statusEntry, `${name} is a status entry.`)
}
