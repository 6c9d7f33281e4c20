import type { Receipt } from '#actors/kernel/host.ts'
import { fitsName } from '#actors/site/section-names.ts'
import { LOG_START } from '#events/fact.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { type DirlogView, dirlogOf } from '#gateways/site/releases/dirlog.ts'
import type { SiteLookup } from '#gateways/site/lookup.ts'
import type { SiteDeps, SiteParts } from '#gateways/site/parts.ts'
import { partsOf, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

/** A release that is to be made, or to be called so. */
export interface NewRelease {
  readonly section: string
  readonly release: string
  /** The race that is to be renamed. */
  readonly race?: string
}

/** Keeps out what was here before, by the rules of each section. */
export interface Dupes {
  /** Makes the release, one of a name at a time. Rejects with `release-dupe`, and `busy`. */
  making(caller: SiteCaller, made: NewRelease, make: () => Promise<Receipt>): Promise<Receipt>
  /** A release is gone, which may have been none: what is made next takes that into account. */
  removed(receipt: Receipt): void
  /** Rejects with `file-dupe` when another release had a file of that name. */
  assertNewFile(caller: SiteCaller, path: SitePath, race: string): Promise<void>
}

const DAY_MS = 86_400_000
/** How long to wait for the read models to hold what was changed last. */
const REACHED_WITHIN_MS = 2_000

/** Every release has such files, by the same names often enough. */
const EVERYWHERE = ['*.nfo', '*.diz', '*.sfv', '*.m3u', '*.txt', '*.jpg', '*.png']

const lockOfDupes = (name: string): string => `dupe:${name.toLowerCase()}`

/**
 * The read models say what was here. Of what this process has made itself they are asked when they
 * hold it; what another process of a cluster makes in the same moment can slip through.
 */
export function createDupes(
  deps: Pick<SiteDeps, 'readModels' | 'clock' | 'host' | 'policy'> &
    Pick<SiteParts, 'lookup' | 'locks'>,
): Dupes {
  const { readModels, clock, lookup, locks } = deps
  /** Where this process has made or removed a release last. */
  let changedAt = LOG_START
  const changed = ({ position }: Receipt): void => {
    changedAt = Math.max(changedAt, position)
  }

  const since = (days: number): number => clock.now() - days * DAY_MS

  async function assertNew(
    caller: SiteCaller,
    { section, release, race }: NewRelease,
  ): Promise<void> {
    const { dupeDays } = await lookup.rules(section)
    if (dupeDays === 0) return
    if (!(await readModels.reached(changedAt, REACHED_WITHIN_MS))) {
      const words = 'What was changed last is not known here yet: try again in a moment.'
      throw new Refusal(HOST_REFUSALS.busy, words)
    }
    const { isDeclared, found } = await readModels.dupesOf({
      of: 'release',
      name: release,
      since: since(dupeDays),
      without: await passing(lookup),
      ...(race !== undefined && { except: race }),
    })
    const [earlier] = found
    if (!isDeclared && !earlier) return
    const dirlog = await dirlogOf(deps, caller.member)
    const words = `${release} is a dupe${whereOf(dirlog, earlier)}.`
    throw new Refusal(SITE_REFUSALS.releaseDupe, words, { release })
  }

  return {
    making: (caller, made, make) =>
      locks.exclusive([lockOfDupes(made.release)], async () => {
        await assertNew(caller, made)
        const receipt = await make()
        changed(receipt)
        return receipt
      }),
    removed: changed,
    async assertNewFile(caller, path, race) {
      if (path.kind !== 'inside') return
      const { refusesFileDupes, dupeDays } = await lookup.rules(path.section)
      const name = partsOf(path).at(-1)!
      if (!refusesFileDupes || dupeDays === 0) return
      if (EVERYWHERE.some((pattern) => fitsName(pattern, name))) return
      const { isDeclared, found } = await readModels.dupesOf({
        of: 'file',
        name,
        since: since(dupeDays),
        without: await passing(lookup),
        except: race,
      })
      const [earlier] = found
      if (!isDeclared && !earlier) return
      const dirlog = await dirlogOf(deps, caller.member)
      const words = `${name} is a dupe${whereOf(dirlog, earlier, true)}.`
      throw new Refusal(SITE_REFUSALS.fileDupe, words, { file: name })
    },
  }
}

interface Earlier {
  readonly section: string
  readonly release: string
  readonly at: number
}

/** Sections without dupes: requests name what others bring, what is measured is thrown away. */
async function passing(lookup: Pick<SiteLookup, 'sections'>): Promise<string[]> {
  return Object.entries(await lookup.sections())
    .filter(([, { purpose }]) => purpose === 'requests' || purpose === 'speedtest')
    .map(([section]) => section)
}

/** Where and when it was here, unless that is hidden from who asks. */
function whereOf(dirlog: DirlogView, earlier: Earlier | undefined, isFile = false): string {
  if (!earlier || !dirlog.sees(earlier.section, earlier.release)) return ''
  const { section, release, at } = earlier
  const path = isFile ? `/${section}/${release}` : `/${section}`
  return `: it came to ${path} on ${new Date(at).toISOString().slice(0, 10)}`
}
