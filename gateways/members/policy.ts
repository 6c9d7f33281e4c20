import {
  type AccountContext,
  type AccountStanding,
  accountId,
} from '#actors/account/account.commands.ts'
import type { ActorHost, ActorState } from '#actors/kernel/host.ts'
import type { SiteDemand } from '#actors/policy/actions.ts'
import { decidePolicy } from '#actors/policy/decide-policy.ts'
import { isVisible, seesAllPlain, visibleIn } from '#actors/policy/path-rights.ts'
import type {
  PolicyAnswer,
  PolicyMember,
  PolicyRequest,
  PolicyRules,
} from '#actors/policy/policy-request.ts'
import { createRulesNow } from '#actors/policy/rules-now.ts'
import type { MemberRole } from '#events/account.facts.ts'
import type { Clock } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'

import type { Member } from '#gateways/kernel/login.ts'

export const POLICY_REFUSALS = {
  /** Fields `action`, `reason` and, where a line of the rights decided, `rule`. */
  forbidden: 'forbidden',
} as const

/** What is asked about a member; who they are and when it is are known. */
export type Question = Omit<PolicyRequest, 'member' | 'atMs'>

export interface PolicyOptions {
  readonly mfaRoles: readonly MemberRole[]
  readonly allowsAnonymous: boolean
}

export interface PolicyDeps {
  readonly host: ActorHost
  readonly clock: Clock
}

/** How a member has proved who they are, as far as the policy asks. */
export type PolicyProof = Pick<Member, 'scopes' | 'hasSecondFactor' | 'method'>

/** What a member may do, by the account and the rights of one moment: for many questions. */
export interface PolicyView {
  ask(question: Question): PolicyAnswer
  /** Throws `forbidden` when the member may not. */
  assert(question: Question): PolicyAnswer
  /** Whether a line of the rights demands that of the member. */
  demands(demand: SiteDemand): boolean
  /** Whether no `privpath` hides the path from the member. A name that is unsafe is not seen. */
  sees(path: string): boolean
  /** The same for many names in one folder. */
  seesIn(folder: string): (name: string) => boolean
  /** Whether the member sees every plain name below a folder, so that none needs to be asked for. */
  seesAllPlain(folder: string): boolean
}

/** The one place that every gateway asks whether a member may do something. */
export interface Policy {
  /** By the account and the rights as they are now. */
  ask(member: Pick<Member, 'id'> & PolicyProof, question: Question): Promise<PolicyAnswer>
  /** The same for an account whose state is known. */
  judge(
    state: ActorState<AccountContext>,
    proof: PolicyProof,
    question: Question,
  ): Promise<PolicyAnswer>
  /** What the member may do as of now, without asking again for each question. */
  viewOf(member: Pick<Member, 'id'> & PolicyProof): Promise<PolicyView>
  /** Whether a line of the rights demands that of everybody, known here or not. */
  demandsOfAll(demand: SiteDemand): Promise<boolean>
  /** Rejects with `forbidden` when the member may not. */
  assert(member: Pick<Member, 'id'> & PolicyProof, question: Question): Promise<PolicyAnswer>
}

/** A login by password without restrictions: to explain what a member may do. */
export const PLAIN_PROOF: PolicyProof = { scopes: null, hasSecondFactor: true, method: 'password' }

export function createPolicy({ host, clock }: PolicyDeps, options: PolicyOptions): Policy {
  const rightsNow = createRulesNow(host)
  const rulesNow = async (): Promise<PolicyRules> => ({ ...options, rights: await rightsNow() })

  const policy: Policy = {
    async ask(member, question) {
      return (await policy.viewOf(member)).ask(question)
    },
    async judge(state, proof, question) {
      const request = { ...question, member: policyMemberOf(state, proof), atMs: clock.now() }
      return decidePolicy(request, await rulesNow())
    },
    async viewOf(member) {
      const account = host.state<AccountContext>({ kind: 'account', id: member.id })
      const [state, inForce] = await Promise.all([account, rulesNow()])
      const asking = policyMemberOf(state, member)
      const view: PolicyView = {
        ask: (question) =>
          decidePolicy({ ...question, member: asking, atMs: clock.now() }, inForce),
        assert(question) {
          const answer = view.ask(question)
          if (!answer.isAllowed) throw refusalOf(question.action, answer)
          return answer
        },
        demands: (demand) => inForce.rights.demands(demand, asking),
        sees: (path) => isVisible(asking, path, inForce.rights),
        seesIn: (folder) => visibleIn(asking, folder, inForce.rights),
        seesAllPlain: (folder) => seesAllPlain(asking, folder, inForce.rights),
      }
      return view
    },
    async demandsOfAll(demand) {
      return (await rightsNow()).demandsOfAll(demand)
    },
    async assert(member, question) {
      return (await policy.viewOf(member)).assert(question)
    },
  }
  return policy
}

export function policyMemberOf(
  { value, context }: ActorState<AccountContext>,
  { scopes, hasSecondFactor, method }: PolicyProof,
): PolicyMember {
  const { name, groups, flags, role, isActive, ban, expiresAtMs, limits, mfa } = context
  return {
    id: accountId(name),
    name,
    groups: Object.keys(groups),
    adminOf: Object.entries(groups).flatMap(([group, { isAdmin }]) => (isAdmin ? [group] : [])),
    flags,
    role,
    standing: value as AccountStanding,
    isActive,
    ban,
    expiresAtMs,
    loginHours: limits.loginHours,
    ...(scopes && { scopes }),
    // A token is made by who is logged in with the second factor, where there is one: without one
    // it stands for none, whatever role its member has been given since.
    hasMfa: hasSecondFactor || (method.startsWith('token:') && mfa.secret !== null),
  }
}

export function refusalOf(action: string, { reason, words, rule, credits }: PolicyAnswer): Refusal {
  return new Refusal(POLICY_REFUSALS.forbidden, words, {
    action,
    reason,
    ...(rule && { rule: rule.text }),
    ...credits,
  })
}
