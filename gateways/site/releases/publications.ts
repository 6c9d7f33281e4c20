import { type AccountContext, accountId } from '#actors/account/account.commands.ts'
import type { Receipt } from '#actors/kernel/host.ts'
import {
  type PublicationCommand,
  type PublicationContext,
} from '#actors/publication/publication.commands.ts'
import { derivedId } from '#events/ids.ts'
import { entryOf } from '#events/records.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import { memberOf } from '#gateways/members/member-of.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import { completeIntent, sendRace, sendSection } from '#gateways/site/intents.ts'
import { change } from '#gateways/site/journal.ts'
import type { FoundRace } from '#gateways/site/lookup.ts'
import { assertNameAllowed } from '#gateways/site/releases/names.ts'
import { lockOfName, lockOfRace, type SiteParts } from '#gateways/site/parts.ts'
import type { SitePath } from '#gateways/site/path.ts'
import { type PublicationPreview, previewOf } from '#gateways/site/releases/publication-preview.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { rightsOf } from '#gateways/site/rights.ts'
import { seenRelease } from '#gateways/site/releases/seen-node.ts'

/** A time that is set for a release, or why the last one came to nothing. */
export interface SetPublication extends Readonly<PublicationContext> {
  readonly state: 'scheduled' | 'due' | 'failed'
}

/** Releases of groups, out of their pre sections. The right `pre` is asked at the path. */
export interface SitePublications {
  /** `to`: the section where it shall be; the first of the group's targets when not said. */
  previewPublication(caller: SiteCaller, path: SitePath, to?: string): Promise<PublicationPreview>
  /** Moves the whole release, or nothing: a crash in between is settled at start-up. */
  publish(
    caller: SiteCaller,
    path: SitePath,
    to?: string,
  ): Promise<{ readonly receipt: Receipt; readonly preview: PublicationPreview }>
  /** At a time in milliseconds since 1970, in the caller's name, by their rights then. */
  schedulePublication(
    caller: SiteCaller,
    path: SitePath,
    to: string | undefined,
    dueAtMs: number,
  ): Promise<{ readonly receipt: Receipt; readonly preview: PublicationPreview }>
  cancelPublication(caller: SiteCaller, path: SitePath): Promise<Receipt>
  /** Those of the pre sections that the caller publishes from, the next first. */
  setPublications(caller: SiteCaller): Promise<readonly SetPublication[]>
  /**
   * Does what has fallen due for a race: once, however often it is asked. A refusal ends it and is
   * kept; what may go better later rejects, to be asked again.
   */
  publishDue(race: string): Promise<void>
}

/** What is not final: the same asked again may be answered otherwise. */
const PASSING: ReadonlySet<string> = new Set([
  HOST_REFUSALS.busy,
  HOST_REFUSALS.logUnavailable,
  HOST_REFUSALS.stopping,
  HOST_REFUSALS.faulty,
  HOST_REFUSALS.noHolder,
])

/** Releases whose times are looked up for one answer. */
const LOOKED_UP = 2_000

export function createSitePublications(parts: SiteParts): SitePublications {
  const { host, lookup } = parts
  const send = (race: string, command: PublicationCommand, caller: SiteCaller) =>
    host.send({ kind: 'publication', id: race }, command, caller.context())
  const stateOf = (race: string) =>
    host.state<PublicationContext>({ kind: 'publication', id: race })

  async function asked(caller: SiteCaller, path: SitePath, said?: string) {
    const rights = await rightsOf(parts, caller)
    const race = await seenRelease(parts, rights, 'pre', path)
    const { section, release } = race
    const { purpose, group, targets } = await lookup.rules(section)
    if (purpose !== 'pre' || group === null) {
      const words = `${section} is no group's pre section.`
      throw new Refusal(SITE_REFUSALS.notAPreSection, words)
    }
    const to = said ?? targets[0]
    if (to === undefined || !targets.includes(to) || !entryOf(await lookup.sections(), to)) {
      const words = `${group} publishes in ${targets.join(', ') || 'no section yet'}.`
      throw new Refusal(SITE_REFUSALS.noSuchTarget, words, { targets })
    }
    return { race, asked: { section, release, to, group } }
  }

  async function preview(caller: SiteCaller, path: SitePath, to?: string) {
    const found = await asked(caller, path, to)
    return {
      race: found.race,
      preview: await previewOf(parts, found.asked, found.race.context),
    }
  }

  async function publish(caller: SiteCaller, path: SitePath, said?: string) {
    const { race, preview: foreseen } = await preview(caller, path, said)
    const { release, to } = foreseen
    await assertNameAllowed(lookup, { kind: 'release', section: to, release }, 'directory')
    const made = { section: to, release, race: race.id }
    const receipt = await parts.dupes.making(caller, made, () =>
      move(parts, caller, race, foreseen),
    )
    return { receipt, preview: foreseen }
  }

  return {
    previewPublication: async (caller, path, to) => (await preview(caller, path, to)).preview,
    publish,
    async schedulePublication(caller, path, said, dueAtMs) {
      const { race, preview: foreseen } = await preview(caller, path, said)
      const { section, release, to } = foreseen
      const command = { type: 'publication.schedule', section, release, to, dueAtMs } as const
      return { receipt: await send(race.id, command, caller), preview: foreseen }
    },
    async cancelPublication(caller, path) {
      const { race } = await asked(caller, path)
      return await send(race.id, { type: 'publication.cancel' }, caller)
    },
    async setPublications(caller) {
      const rights = await rightsOf(parts, caller)
      const found: SetPublication[] = []
      let looked = 0
      for (const [section, { purpose }] of Object.entries(await lookup.sections())) {
        if (purpose !== 'pre' || !rights.sees({ kind: 'section', section })) continue
        const { releases } = await lookup.section(section)
        for (const [release, race] of Object.entries(releases)) {
          if (looked++ >= LOOKED_UP) break
          if (!rights.sees({ kind: 'release', section, release })) continue
          const { value, context } = await stateOf(race)
          const state = value === 'idle' ? 'failed' : (value as 'scheduled' | 'due')
          if (state !== 'failed' || context.failure) {
            found.push({ ...context, section, release, state })
          }
        }
      }
      return found.toSorted((one, other) => one.dueAtMs - other.dueAtMs)
    },
    async publishDue(race) {
      const { value, version, context } = await stateOf(race)
      if (value !== 'due') return
      const end = async (refusal: { code: string; words: string } | null) => {
        const command: PublicationCommand = { type: 'publication.end', refusal }
        const commandId = derivedId('publication.end', race, String(version))
        const by = { by: null, connection: null, commandId }
        await host.send({ kind: 'publication', id: race }, command, by)
      }
      const found = await lookup.raceById(race)
      // Done before a crash, or by hand meanwhile.
      if (found.context.published) return await end(null)
      const caller = await callerNamed(parts, context.by)
      const { section, release, to } = { ...context, ...found.context }
      try {
        await publish(caller, { kind: 'release', section, release }, to)
      } catch (cause) {
        if (!(cause instanceof Refusal) || PASSING.has(cause.code)) throw cause
        return await end({ code: cause.code, words: cause.message.slice(0, 300) })
      }
      await end(null)
    },
  }
}

/** Who has set the time, as their account is now: a ban since then counts. */
async function callerNamed({ host, ids, clock }: SiteParts, name: string): Promise<SiteCaller> {
  const { context } = await host.state<AccountContext>({ kind: 'account', id: accountId(name) })
  const proof = { method: 'password', hasSecondFactor: true, scopes: null }
  const member = memberOf(context, proof, clock.now())
  const { flags } = member
  return {
    member,
    context: () => ({ by: member.id, flags, connection: null, commandId: ids.next() }),
  }
}

/**
 * The name is taken in the new section first, then the race says that it is published, then the
 * old section and the disk follow. Until the race has said so, everything can be undone.
 */
async function move(
  parts: SiteParts,
  caller: SiteCaller,
  { id: race, section: from }: FoundRace,
  { release, to, group }: PublicationPreview,
): Promise<Receipt> {
  const intent = { kind: 'publish-release', race, from, to, release } as const
  const locks = [lockOfRace(race), lockOfName(from, release), lockOfName(to, release)]
  return await change(parts, locks, caller, {
    intent,
    record: async () => {
      const create = { type: 'section.create-release', release, race } as const
      await sendSection(parts, to, create, caller.context())
      try {
        const command = { type: 'race.publish', group, section: to } as const
        return await sendRace(parts, race, command, caller.context())
      } catch (cause) {
        try {
          await completeIntent(parts, intent, () => caller.context())
        } catch (trouble) {
          // No refusal: the intent stays, and the next start undoes it.
          throw new Error(`${release} is half published`, { cause: trouble })
        }
        throw cause
      }
    },
  })
}
