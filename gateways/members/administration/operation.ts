import type { z } from 'zod'

import type { AccountContext } from '#actors/account/account.commands.ts'
import { accountId } from '#actors/account/account.commands.ts'
import type { ActorHost, CommandContext } from '#actors/kernel/host.ts'
import type { SiteRight } from '#actors/policy/actions.ts'
import type { PolicyRequest } from '#actors/policy/policy-request.ts'
import type { Clock, Ids } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'
import type { SealKeeper } from '#events/seals.ts'
import type { SigningKey } from '#events/signing-book.ts'
import type { Passwords, Vault } from '#events/vault.ts'
import type { ReadModels } from '#projections/read-models.ts'

import type { Member, Origin } from '#gateways/kernel/login.ts'
import type { Members } from '#gateways/members/members.ts'
import { POLICY_REFUSALS } from '#gateways/members/policy.ts'

/** What operations may use. */
export interface AdministrationDeps extends Pick<
  Members,
  'policy' | 'apiTokens' | 'secondFactor' | 'sessions' | 'attempts'
> {
  readonly host: ActorHost
  readonly vault: Vault
  readonly seals: SealKeeper
  readonly passwords: Passwords
  /** The keys that sign access tokens. */
  readonly signingKeys: SigningKeyring
  /** Undefined where there is no server: the command line alone has the log. */
  readonly readModels: ReadModels | undefined
  readonly clock: Clock
  readonly ids: Ids
}

export interface SigningKeyring {
  /** Those in force, oldest first. */
  published(): readonly SigningKey[]
  /** Makes all tokens of a key void, and sees to it that there is another one. */
  retire(kid: string): Promise<void>
}

/** Who has something done. */
export interface Caller {
  /** Undefined: the operator at the server's own command line, who may do everything. */
  readonly member: Member | undefined
  /** Where they are; undefined for the operator. */
  readonly origin: Origin | undefined
  /** The context of a command; the same step of the same request has the same command id. */
  context(step?: string): CommandContext
}

/** Somebody to whom something is done, as the policy asks. */
export type Target = NonNullable<PolicyRequest['target']>

/**
 * One thing that can be administered: over HTTP, by the command line and by SITE commands. It
 * says what it takes and gives, and which right it needs; what is asked about it is asked here.
 */
export interface Operation<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  /** One line, without a full stop. */
  readonly summary: string
  readonly params: P
  readonly result: R
  /** The right that is needed. Undefined: everybody who is logged in. */
  readonly action?: SiteRight
  /** The name of the account that it is done to. */
  account?(params: z.output<P>): string | undefined
  /** To whom it is done where there is no such account yet. */
  target?(params: z.output<P>): Target
  /** The group that it is about. */
  group?(params: z.output<P>): string | undefined
  /** Members may do it to their own account without the right. */
  readonly isFree?: boolean
  /** Members may do it to their own account alone. */
  readonly isOwn?: boolean
  /** For the operator at the command line alone. */
  readonly isOperatorOnly?: boolean
  run(deps: AdministrationDeps, params: z.output<P>, caller: Caller): Promise<z.output<R>>
}

/** Ties the parameters' and the result's types to their schemas. */
export function operation<P extends z.ZodType, R extends z.ZodType>(
  given: Operation<P, R>,
): Operation<P, R> {
  return given
}

export const OPERATION_REFUSALS = {
  /** Field `errors`: pointer and detail of each. */
  invalidParameters: 'invalid-parameters',
  notYours: 'not-yours',
  /** The command line alone has no read models. */
  noReadModels: 'no-read-models',
} as const

/** Every check that operations share, then the operation. Rejects with a `Refusal`. */
export async function perform<P extends z.ZodType, R extends z.ZodType>(
  deps: AdministrationDeps,
  asked: Operation<P, R>,
  given: unknown,
  caller: Caller,
): Promise<z.output<R>> {
  const parsed = asked.params.safeParse(given)
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({
      pointer: `/${path.join('/')}`,
      detail: message,
    }))
    throw new Refusal(OPERATION_REFUSALS.invalidParameters, 'That is not valid.', { errors })
  }
  await assertMay(deps, asked, parsed.data, caller)
  return await asked.run(deps, parsed.data, caller)
}

async function assertMay<P extends z.ZodType, R extends z.ZodType>(
  { policy, host }: AdministrationDeps,
  asked: Operation<P, R>,
  params: z.output<P>,
  { member }: Caller,
): Promise<void> {
  if (!member) return
  if (asked.isOperatorOnly) throw refuse('Only the operator of the server does that.', 'operator')
  const name = asked.account?.(params)
  const id = name === undefined ? undefined : accountId(name)
  if (asked.isOwn) {
    if (id !== member.id) {
      throw new Refusal(OPERATION_REFUSALS.notYours, 'Members do that to their own account alone.')
    }
    await assertOwner(policy, member)
  }
  if (!asked.action || (asked.isFree && id === member.id)) return
  const target = asked.target?.(params) ?? (id === undefined ? undefined : await targetOf(host, id))
  const group = asked.group?.(params)
  const answer = await policy.assert(member, {
    action: asked.action,
    ...(target && { target }),
    ...(group !== undefined && { group }),
  })
  if (asked.action === 'administer-accounts' && answer.reason === 'group-admin' && target) {
    assertWithin(member, target)
  }
}

/**
 * An anonymous account is everybody's: no guest changes it for the others. What is about the own
 * account the policy knows as one action. Rejects with `forbidden`.
 */
export async function assertOwner(
  policy: AdministrationDeps['policy'],
  member: Member,
): Promise<void> {
  await policy.assert(member, { action: 'enrol-mfa' })
}

export async function targetOf(host: ActorHost, id: string): Promise<Target> {
  const { context } = await host.state<AccountContext>({ kind: 'account', id })
  const { groups, flags, role } = context
  return { groups: Object.keys(groups), flags, role }
}

/** Flags that take away or only show something: group lock, colour, deleted, anonymous. */
const HARMLESS_FLAGS = '3568'

/**
 * A group's admins do nothing to its members who may do more than they themselves: whoever sets
 * another's password can be that member.
 */
function assertWithin(member: Member, { flags }: Target): void {
  const own = member.flags + HARMLESS_FLAGS
  if (flags.split('').every((flag) => own.includes(flag))) return
  throw refuse('That member may do more than the admin of a group.', 'target-outranks')
}

export function refuse(words: string, reason: string): Refusal {
  return new Refusal(POLICY_REFUSALS.forbidden, words, { reason })
}
