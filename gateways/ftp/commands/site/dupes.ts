import type { Receipt } from '#actors/kernel/host.ts'

import type { DupeKind } from '#gateways/site/releases/dupe-marks.ts'

import { counted } from '#gateways/ftp/commands/site/lines.ts'
import {
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'

/** Of files instead of releases. */
const FILES = '-f'
const SHOWN = 50
const KNOWN_WITHIN_MS = 2_000

/** Which names may be brought again, and which never. */
export const dupeCommands: SiteCommandTable = {
  UNDUPE: {
    help: 'lets names be brought again, of releases or of files',
    usage: [`[${FILES}] <name, with * and ?>`],
    words: [1, 2],
    isChange: true,
    async run(call) {
      const { of, name } = asked(call)
      const { session } = call
      const { names, receipt } = await session.site.clearDupes(session.caller(), of, name)
      await known(call, receipt)
      const more = names.length > SHOWN ? [` and ${names.length - SHOWN} more`] : []
      const rows = names.slice(0, SHOWN).map((each) => ` ${each}`)
      return ['No dupes any more:', ...rows, ...more, `${counted(names.length, 'name')}.`]
    },
  },
  PREDUPE: {
    help: 'keeps a name from being brought, of a release or of a file',
    usage: [`[${FILES}] <name>`],
    words: [1, 2],
    isChange: true,
    async run(call) {
      const { of, name } = asked(call)
      const { session } = call
      await known(call, await session.site.declareDupe(session.caller(), of, name))
      return `${name} is a dupe now.`
    },
  },
}

/** The read models decide what a dupe is: what is answered holds for everybody's next command. */
async function known({ session }: SiteCall, receipt: Receipt): Promise<void> {
  session.caused(receipt)
  await session.readModels.reached(receipt.position, KNOWN_WITHIN_MS)
}

function asked({ words }: SiteCall): { readonly of: DupeKind; readonly name: string } {
  const isOfFiles = words[0]?.toLowerCase() === FILES
  const [name, ...others] = isOfFiles ? words.slice(1) : words
  if (name === undefined || others.length > 0) throw wrong('one name is said, or one pattern')
  return { of: isOfFiles ? 'file' : 'release', name }
}
