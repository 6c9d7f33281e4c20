import type { Receipt } from '#actors/kernel/host.ts'
import { RACE_REFUSALS } from '#actors/race/race.commands.ts'
import { Refusal } from '#events/refusal.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { refuseStatusName } from '#gateways/site/changes.ts'
import { sendRace } from '#gateways/site/intents.ts'
import { change } from '#gateways/site/journal.ts'
import { isRecorded } from '#gateways/site/lookup.ts'
import { lockOfName, lockOfRace, type SiteParts } from '#gateways/site/parts.ts'
import { formatPath, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { rightsOf } from '#gateways/site/rights.ts'
import { seenNode } from '#gateways/site/releases/seen-node.ts'

export interface SiteWipes {
  /**
   * Removes a release, a directory or a file with all that is in it; credits and statistics stay.
   * Without `isDeep` what holds directories is refused, as glFTPd does without `-r`.
   */
  wipe(caller: SiteCaller, path: SitePath, isDeep: boolean): Promise<Receipt>
}

export function createSiteWipes(parts: SiteParts): SiteWipes {
  const { siteName } = parts
  return {
    async wipe(caller, path, isDeep) {
      refuseStatusName(path, siteName)
      const rights = await rightsOf(parts, caller)
      const node = await seenNode(parts, rights, 'wipe', path)
      if (node.kind === 'root' || node.kind === 'section') {
        const words = 'Sections are removed by the site alone.'
        throw new Refusal(SITE_REFUSALS.sectionsAreFixed, words)
      }
      const { id: race, section, release, context } = node.race
      const below = node.kind === 'release' ? '' : `${node.path}/`
      const holds = Object.keys(context.directories).some((name) => name.startsWith(below))
      if (!isDeep && node.kind !== 'file' && holds) {
        const words = `${formatPath(path)} holds directories: SITE WIPE -r takes them too.`
        throw new Refusal(RACE_REFUSALS.directoryNotEmpty, words)
      }
      if (node.kind !== 'release') {
        const kind = node.kind === 'file' ? 'delete-file' : 'remove-directory'
        return await change(parts, [lockOfRace(race)], caller, {
          intent: { kind, race, path: node.path },
          record: () =>
            sendRace(parts, race, { type: 'race.wipe-path', path: node.path }, caller.context()),
        })
      }
      return await change(parts, [lockOfRace(race), lockOfName(section, release)], caller, {
        intent: { kind: 'remove-release', section, release, race },
        record: async () => {
          if (!isRecorded(node.race)) {
            await sendRace(parts, race, { type: 'race.create', section, release }, caller.context())
          }
          return await sendRace(parts, race, { type: 'race.wipe' }, caller.context())
        },
      })
    },
  }
}
