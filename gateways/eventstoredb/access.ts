import type { EventLog } from '#events/event-log.ts'
import { Refusal } from '#events/refusal.ts'
import type { Member } from '#gateways/kernel/login.ts'
import type { Policy, PolicyView } from '#gateways/members/policy.ts'

import { DOOR_REFUSALS } from '#gateways/eventstoredb/replies.ts'

export type StreamRight = 'read' | 'write' | 'delete' | 'readMetadata' | 'writeMetadata'

/** Where a stream's `$acl` lists who has a right. */
const LISTS: Readonly<Record<StreamRight, string>> = {
  read: '$r',
  write: '$w',
  delete: '$d',
  readMetadata: '$mr',
  writeMetadata: '$mw',
}

const METADATA_RIGHTS: Partial<Record<StreamRight, StreamRight>> = {
  read: 'readMetadata',
  write: 'writeMetadata',
  delete: 'writeMetadata',
}

/** Everybody who has an account, and who may administer the rights, in an `$acl`. */
const EVERYBODY = '$all'
const ADMINS = '$admins'

export const ALL_STREAM = '$all'

export interface AccessDeps {
  readonly log: Pick<EventLog, 'readMetadata'>
  readonly policy: Policy
  readonly allowsWrites: boolean
}

/**
 * Whether a member may do something with a stream: admins may all that the settings allow; then
 * the stream's `$acl` counts; without one, who has the right `audit` may read and nobody else may
 * do anything.
 */
export async function mayAccess(
  { log, policy, allowsWrites }: AccessDeps,
  member: Member,
  right: StreamRight,
  stream: string,
): Promise<boolean> {
  const isMetadata = stream.startsWith('$$')
  const asked = (isMetadata && METADATA_RIGHTS[right]) || right
  const isReading = asked === 'read' || asked === 'readMetadata'
  if (!isReading && !allowsWrites) return false
  const view = await policy.viewOf(member)
  if (mayAdminister(view)) return true
  const { custom } = await log.readMetadata(isMetadata ? stream.slice(2) : stream)
  const listed = listOf(custom?.['$acl'], LISTS[asked])
  if (listed === undefined) return isReading && view.ask({ action: 'audit' }).isAllowed
  if (isOutsideScope(member, isReading)) return false
  return listed.some((name) => isMeant(name, member))
}

/** EventStoreDB's `$admins` are who may administer the rights here. */
export async function isAdmin(policy: Policy, member: Member): Promise<boolean> {
  return mayAdminister(await policy.viewOf(member))
}

function mayAdminister(view: PolicyView): boolean {
  return view.ask({ action: 'administer-rights' }).isAllowed
}

/** Rejects with a `Refusal` when a member may not. */
export async function assertAccess(
  deps: AccessDeps,
  member: Member,
  right: StreamRight,
  stream: string,
): Promise<void> {
  if (await mayAccess(deps, member, right, stream)) return
  throw denied(`You may not do that with ${stream}.`)
}

export function denied(message: string): Refusal {
  return new Refusal(DOOR_REFUSALS.accessDenied, message)
}

/** A list names members, and not what their tokens are for. */
function isOutsideScope({ scopes }: Member, isReading: boolean): boolean {
  if (scopes === null) return false
  return !scopes.some((scope) => scope === (isReading ? 'audit' : 'admin'))
}

/** One name or a list of names; undefined when the right is not spoken of. */
function listOf(acl: unknown, list: string): readonly string[] | undefined {
  if (typeof acl !== 'object' || acl === null) return undefined
  const names = (acl as Readonly<Record<string, unknown>>)[list]
  if (typeof names === 'string') return [names]
  if (!Array.isArray(names)) return undefined
  return names.filter((name) => typeof name === 'string')
}

function isMeant(name: string, member: Member): boolean {
  if (name === EVERYBODY) return true
  // Those have been let in before the list is looked at.
  if (name === ADMINS) return false
  return name === member.id || name === member.name || member.groups.includes(name)
}
