import type { ActorState } from '#actors/kernel/host.ts'
import type { Fact } from '#events/fact.ts'
import { type Change, type Changes, pathText } from '#gateways/kernel/state-changes.ts'

import { auditHeader, auditLine } from '#gateways/cli/audit.ts'

/** An actor at a moment, with the last fact that it has seen. */
export interface SeenState {
  readonly stream: string
  readonly state: ActorState
  /** Undefined before the first fact. */
  readonly last: Fact | undefined
}

export function stateJson({ stream, state, last }: SeenState): string {
  const { version, value, context } = state
  const at = last ? new Date(last.meta.at).toISOString() : null
  return JSON.stringify({ stream, version, position: last?.position ?? null, at, value, context })
}

/** `room-site at version 4 (position 12, 2026-…): open`, and the context below it. */
export function stateLines(seen: SeenState): string[] {
  return [`${headOf(seen)}: ${seen.state.value}`, JSON.stringify(seen.state.context, null, 2)]
}

function headOf({ stream, state, last }: SeenState): string {
  if (!last) return `${stream} before its first fact`
  const when = new Date(last.meta.at).toISOString()
  return `${stream} at version ${state.version} (position ${last.position}, ${when})`
}

export interface Difference extends Changes {
  readonly from: SeenState
  readonly to: SeenState
  /** What happened between the two, oldest first; after an earlier moment nothing did. */
  readonly facts: readonly Fact[]
}

export function differenceJson({ from, to, changes, isCut, facts }: Difference): string {
  const side = (seen: SeenState) => JSON.parse(stateJson(seen)) as Record<string, unknown>
  const { context: _, ...before } = side(from)
  const { context: __, ...after } = side(to)
  const paths = changes.map((change) => ({ ...change, path: pathText(change.path) }))
  return JSON.stringify({ from: before, to: after, changes: paths, isCut, facts })
}

/** What has changed, as a person reads it: `-` was there, `+` is there now. */
export function differenceLines({ from, to, changes, isCut, facts }: Difference): string[] {
  return [
    `--- ${headOf(from)}: ${from.state.value}`,
    `+++ ${headOf(to)}: ${to.state.value}`,
    ...(changes.length === 0 ? ['nothing has changed in the state'] : changes.flatMap(changeLines)),
    ...(isCut ? ['… and more'] : []),
    '',
    ...(facts.length === 0
      ? ['no facts between them']
      : [auditHeader(true), ...facts.map((fact) => auditLine(fact, FACT_LINE))]),
  ]
}

const FACT_LINE = { json: false, isOneStream: true, textLimit: 200 } as const

function changeLines({ path, kind, before, after }: Change): string[] {
  const where = pathText(path)
  return [
    ...(kind === 'added' ? [] : [`- ${where}: ${JSON.stringify(before)}`]),
    ...(kind === 'removed' ? [] : [`+ ${where}: ${JSON.stringify(after)}`]),
  ]
}
