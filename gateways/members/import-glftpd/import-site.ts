import {
  ACCOUNT_REFUSALS,
  type AccountContext,
  accountId,
} from '#actors/account/account.commands.ts'
import { groupId } from '#actors/group/group.commands.ts'
import type { ActorHost, CommandContext } from '#actors/kernel/host.ts'
import type { EventLog } from '#events/event-log.ts'
import { type ActorRef, NO_VERSION, streamOf } from '#events/fact.ts'
import { memberSubject, type Seals } from '#events/seals.ts'
import type { Passwords, Vault } from '#events/vault.ts'

import { credentialKey } from '#gateways/kernel/login.ts'
import { quoted } from '#gateways/members/import-glftpd/fields.ts'
import type {
  GlftpdSite,
  NamedGroup,
  NamedUser,
} from '#gateways/members/import-glftpd/read-tree.ts'
import type { ImportProblems } from '#gateways/members/import-glftpd/source-lines.ts'
import {
  contentOf,
  credentialOf,
  type ImportStep,
  stepsOfGroup,
  stepsOfUser,
} from '#gateways/members/import-glftpd/steps.ts'

export interface ImportDeps {
  readonly host: ActorHost
  readonly log: EventLog
  readonly vault: Vault
  readonly seals: Seals
  readonly passwords: Passwords
}

/** New; begun by an import of the same files before; there by such a one, whole; not ours. */
export type ImportStanding = 'new' | 'begun' | 'there' | 'kept'

export interface PlannedGroup {
  readonly group: NamedGroup
  readonly standing: ImportStanding
}

export interface PlannedUser {
  readonly user: NamedUser
  readonly standing: ImportStanding
  /** Whether the password of glFTPd goes on to be good. */
  readonly hasPassword: boolean
}

export interface ImportPlan {
  readonly groups: readonly PlannedGroup[]
  readonly users: readonly PlannedUser[]
}

const GLFTPD_HASH = /^\$[0-9a-f]{8}\$[0-9a-f]{40}$/i
/** More than the steps of any group or user. */
const FACTS_READ = 1_000
/** Users at a time; hashing is what takes long, and has two threads. */
const USERS_AT_A_TIME = 8

/**
 * What an import would do. Accounts that are there already, and not by an import of the same
 * files, become problems; groups that are there are kept as they are.
 */
export async function planImport(
  deps: ImportDeps,
  site: GlftpdSite,
  problems: ImportProblems,
): Promise<ImportPlan> {
  const groups: PlannedGroup[] = []
  for (const group of site.groups) {
    const steps = stepsOfGroup(group)
    const standing = await standingOf(deps, { kind: 'group', id: groupId(group.name) }, steps)
    groups.push({ group, standing })
  }
  const users: PlannedUser[] = []
  for (const user of site.users) {
    const standing = await standingOfUser(deps, user)
    if (standing === 'kept') {
      const words = `There is or was a member ${quoted(user.name)}.`
      problems.add({ file: user.file, line: null, code: ACCOUNT_REFUSALS.accountExists, words })
    }
    users.push({ user, standing, hasPassword: GLFTPD_HASH.test(user.passwordHash) })
  }
  return { groups, users }
}

/**
 * Records what was planned. What an interrupted import has recorded is not recorded again.
 * `context` gives the context of a command with that id; `done` is told of each user.
 */
export async function recordImport(
  deps: ImportDeps,
  { groups, users }: ImportPlan,
  context: (commandId: string) => CommandContext,
  done: (users: number) => void,
): Promise<void> {
  for (const { group, standing } of groups) {
    if (standing !== 'kept') await take(deps, stepsOfGroup(group), context)
  }
  for (let start = 0; start < users.length; start += USERS_AT_A_TIME) {
    const some = users.slice(start, start + USERS_AT_A_TIME)
    const taken = await Promise.allSettled(some.map((each) => recordUser(deps, each, context)))
    for (const each of taken) if (each.status === 'rejected') throw each.reason
    done(start + some.length)
  }
}

async function recordUser(
  deps: ImportDeps,
  { user, hasPassword }: PlannedUser,
  context: (commandId: string) => CommandContext,
): Promise<void> {
  const { host, vault, passwords, seals } = deps
  const id = accountId(user.name)
  const key = await seals.tag(memberSubject(id), contentOf(user))
  await take(deps, stepsOfUser(user, key, seals), context)
  if (!hasPassword) return
  const credential = credentialKey(credentialOf(key))
  const { context: account } = await host.state<AccountContext>({ kind: 'account', id })
  const isCurrent = account.credential === credentialOf(key) && !account.isForgotten
  if (!isCurrent || (await vault.get(credential)) !== undefined) return
  await vault.put(credential, await passwords.wrapGlftpdHash(user.passwordHash))
}

async function take(
  { host, log }: ImportDeps,
  steps: readonly ImportStep[],
  context: (commandId: string) => CommandContext,
): Promise<void> {
  const done = await doneIn(log, steps)
  for (const { id, ref, command } of steps) {
    if (!done.has(id)) await host.send(ref, await command(), context(id))
  }
}

async function standingOfUser(deps: ImportDeps, user: NamedUser): Promise<ImportStanding> {
  const { host, log, seals } = deps
  const ref: ActorRef = { kind: 'account', id: accountId(user.name) }
  if ((await log.streamVersion(streamOf(ref))) === NO_VERSION) return 'new'
  const { context } = await host.state<AccountContext>(ref)
  if (context.isForgotten) return 'kept'
  const key = await seals.tag(memberSubject(ref.id), contentOf(user))
  return await standingOf(deps, ref, stepsOfUser(user, key, seals))
}

async function standingOf(
  { log }: ImportDeps,
  ref: ActorRef,
  steps: readonly ImportStep[],
): Promise<ImportStanding> {
  if ((await log.streamVersion(streamOf(ref))) === NO_VERSION) return 'new'
  const done = await doneIn(log, steps)
  if (!done.has(steps[0]!.id)) return 'kept'
  return steps.every(({ id }) => done.has(id)) ? 'there' : 'begun'
}

/** The commands that the first facts of the steps' streams come from. */
async function doneIn(log: EventLog, steps: readonly ImportStep[]): Promise<ReadonlySet<string>> {
  const done = new Set<string>()
  for (const stream of new Set(steps.map(({ ref }) => streamOf(ref)))) {
    for await (const { meta } of log.readStream(stream, { limit: FACTS_READ })) {
      done.add(meta.commandId)
    }
  }
  return done
}
