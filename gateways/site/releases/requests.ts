import type { Receipt } from '#actors/kernel/host.ts'
import {
  REQUEST_REFUSALS,
  type RequestCommand,
  type RequestContext,
  REQUESTS_A_MEMBER,
} from '#actors/request/request.commands.ts'
import { SECTION_REFUSALS } from '#actors/section/section.commands.ts'
import { derivedId } from '#events/ids.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import type { MadeRequest, RequestState } from '#projections/read-models.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { makeRelease, renameRelease } from '#gateways/site/changes.ts'
import { noSuchPath } from '#gateways/site/lookup.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { formatPath, parsePath, ROOT, type SitePath } from '#gateways/site/path.ts'
import { rightsOf, type SiteRights } from '#gateways/site/rights.ts'

/** What members ask each other for. The right `request` is asked at the requests' section. */
export interface SiteRequests {
  /** Makes `REQ-<name>` too, where the site has a section for requests. */
  request(caller: SiteCaller, name: string, section: string | null): Promise<Receipt>
  /** `path`: the release that it is. The directory is called `FILLED-<name>` from then on. */
  fillRequest(caller: SiteCaller, name: string, path: SitePath | null): Promise<Receipt>
  /** One's own; who has the right `delete` there, anybody's. The directory stays. */
  withdrawRequest(caller: SiteCaller, name: string): Promise<Receipt>
  /** The last first, without the paths and sections that are hidden from the caller. */
  requests(caller: SiteCaller, state: RequestState, limit: number): Promise<readonly MadeRequest[]>
}

export function createSiteRequests(parts: SiteParts): SiteRequests {
  const { host, lookup, readModels } = parts

  /** The section for requests, the first by its name; undefined where there is none. */
  async function home(): Promise<string | undefined> {
    const sections = Object.entries(await lookup.sections())
    const found = sections.filter(([, { purpose }]) => purpose === 'requests')
    return found.map(([name]) => name).toSorted()[0]
  }

  /** Where a request's right is asked: its directory, or the root. */
  async function placeOf(name: string, prefix: string) {
    const section = await home()
    if (section === undefined) return undefined
    const path = parsePath(ROOT, `/${section}/${prefix}${name.trim().replaceAll(/\s+/g, '.')}`)
    return path.kind === 'release' ? path : undefined
  }

  async function assertMay(caller: SiteCaller, name: string): Promise<SiteRights> {
    const rights = await rightsOf(parts, caller)
    rights.assert('request', (await placeOf(name, OPEN)) ?? ROOT)
    return rights
  }

  const idOf = (name: string) => derivedId('request', name.trim().toLowerCase())
  const send = (
    name: string,
    command: RequestCommand,
    context: ReturnType<SiteCaller['context']>,
  ) => host.send({ kind: 'request', id: idOf(name) }, command, context)

  return {
    async request(caller, name, section) {
      const rights = await assertMay(caller, name)
      if (section !== null) {
        const path = { kind: 'section', section } as const
        const isThere = entryOf(await lookup.sections(), section) !== undefined
        if (!isThere || !rights.sees(path)) throw noSuchPath(formatPath(path))
      }
      const limit = REQUESTS_A_MEMBER
      const open = await readModels.requests({ state: 'open', member: caller.member.id, limit })
      if (open.length >= limit) {
        const words = `You have ${limit} open requests: more are not taken.`
        throw new Refusal(REQUEST_REFUSALS.tooManyRequests, words, { limit })
      }
      const place = await placeOf(name, OPEN)
      const receipt = await send(name, { type: 'request.make', name, section }, caller.context())
      if (!place || (await lookup.race(place.section, place.release))) return receipt
      return later(receipt, await unlessTaken(makeRelease(parts, caller, place)))
    },

    async fillRequest(caller, name, path) {
      const rights = await assertMay(caller, name)
      if (path !== null) {
        const isThere = rights.sees(path) && (await lookup.node(path)).kind === 'release'
        if (!isThere) throw noSuchPath(formatPath(path))
      }
      const said = path === null ? null : formatPath(path)
      const receipt = await send(name, { type: 'request.fill', path: said }, caller.context())
      const [open, filled] = [await placeOf(name, OPEN), await placeOf(name, FILLED)]
      const race = open && (await lookup.race(open.section, open.release))
      if (!race || !filled) return receipt
      const context = { ...caller.context(), isGranted: true }
      const renaming = renameRelease(parts, caller, race, filled.release, context)
      return later(receipt, await unlessTaken(renaming))
    },

    async withdrawRequest(caller, name) {
      const rights = await assertMay(caller, name)
      const { context } = await host.state<RequestContext>({ kind: 'request', id: idOf(name) })
      const isOwn = context.by === caller.member.id
      if (!isOwn && context.by !== '') {
        rights.assert('delete', (await placeOf(name, OPEN)) ?? ROOT)
      }
      const granted = { ...caller.context(), isGranted: !isOwn }
      return await send(name, { type: 'request.withdraw' }, granted)
    },

    async requests(caller, state, limit) {
      const rights = await rightsOf(parts, caller)
      const found = await readModels.requests({ state, limit })
      return found.map((request) => {
        const { section, path } = request
        const seesSection = section === null || rights.sees({ kind: 'section', section })
        const seesPath = path === null || rights.sees(parsePath(ROOT, path))
        return {
          ...request,
          section: seesSection ? section : null,
          path: seesPath ? path : null,
        }
      })
    },
  }
}

const OPEN = 'REQ-'
const FILLED = 'FILLED-'

/** The list is what counts: its directory may have been made, or taken, by somebody else. */
async function unlessTaken(changing: Promise<Receipt>): Promise<Receipt | undefined> {
  try {
    return await changing
  } catch (cause) {
    if (cause instanceof Refusal && cause.code === SECTION_REFUSALS.releaseExists) return undefined
    throw cause
  }
}

function later(first: Receipt, second: Receipt | undefined): Receipt {
  return second && second.position > first.position ? second : first
}
