import type { EventLog } from '#events/event-log.ts'

import { ALL_STREAM } from '#gateways/eventstoredb/access.ts'
import { decodeCount, decodeStream, invalid } from '#gateways/eventstoredb/codec.ts'
import { createFilter, decodeFilter, type FilterSettings } from '#gateways/eventstoredb/filter.ts'
import {
  decodeSettings,
  type GroupConfig,
  type GroupName,
} from '#gateways/eventstoredb/persistent/settings.ts'
import { persistent, type shared } from '#gateways/eventstoredb/protocol.ts'
import { followSource, type Place, sourceOf } from '#gateways/eventstoredb/sources.ts'

/** Revision "the end", as clients before 21.10 say it among the settings. */
const END_REVISION = '18446744073709551615'

interface NamedRequest {
  getGroupName(): string
  getStreamIdentifier(): shared.StreamIdentifier | undefined
  hasAll(): boolean
}

/** Which group a request is about. */
export function decodeName(options: NamedRequest | undefined): GroupName {
  if (!options) throw invalid('A group has a name.')
  const stream = options.hasAll() ? ALL_STREAM : decodeStream(options.getStreamIdentifier())
  return { stream, group: options.getGroupName() }
}

type ChangeOptions = persistent.CreateReq.Options | persistent.UpdateReq.Options

/** What a creation or an update asks for. */
export interface GroupRequest extends GroupName {
  readonly startFrom: Place
  readonly filter?: FilterSettings
  readonly settings: GroupConfig['settings']
}

export function decodeChange(options: ChangeOptions | undefined): GroupRequest {
  if (!options) throw invalid('A group has a name.')
  const settings = decodeSettings(options.getSettings())
  const group = options.getGroupName()
  const all = options.getAll()
  if (all) {
    const position = all.getPosition()
    const startFrom = position ? decodeCount(position.getCommitPosition()) : edgeOf(all)
    const filter = 'getFilter' in all ? all.getFilter() : undefined
    const kept = filter && decodeFilter(filter)
    // What cannot be understood is refused now, not when it is first needed.
    if (kept) createFilter(kept)
    return { stream: ALL_STREAM, group, startFrom, settings, ...(kept && { filter: kept }) }
  }
  const stream = options.getStream()
  if (stream) {
    const startFrom = stream.hasRevision() ? decodeCount(stream.getRevision()) : edgeOf(stream)
    return { stream: decodeStream(stream.getStreamIdentifier()), group, startFrom, settings }
  }
  const revision = options.getSettings()!.getRevision()
  const startFrom = revision === END_REVISION ? 'end' : decodeCount(revision)
  return { stream: decodeStream(options.getStreamIdentifier()), group, startFrom, settings }
}

function edgeOf(options: { hasEnd(): boolean }): 'start' | 'end' {
  return options.hasEnd() ? 'end' : 'start'
}

/** The group as it is kept: what "the end" is, is decided now. */
export async function resolveStart(log: EventLog, request: GroupRequest): Promise<GroupConfig> {
  const { stream, startFrom } = request
  const source = stream === ALL_STREAM ? ({ kind: 'all' } as const) : sourceOf(stream)
  const { options, fromVersion } = await followSource(log, source, startFrom, true)
  return { ...request, after: options.after, fromVersion }
}
