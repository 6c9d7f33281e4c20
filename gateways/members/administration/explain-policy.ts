import { z } from 'zod'

import { balanceOf, ratioIn } from '#actors/ledger/ledger.commands.ts'
import { isPolicyAction } from '#actors/policy/actions.ts'
import type { PolicyAnswer, PolicyLedger } from '#actors/policy/policy-request.ts'

import { accountOf } from '#gateways/members/administration/account-actor.ts'
import { ledgerOf } from '#gateways/members/administration/credits.ts'
import {
  type AdministrationDeps,
  operation,
  targetOf,
} from '#gateways/members/administration/operation.ts'
import { accountParam, groupParam } from '#gateways/members/administration/shapes.ts'
import { PLAIN_PROOF } from '#gateways/members/policy.ts'

const truth = z.union([z.boolean(), z.stringbool()])

const explanationShape = z
  .object({
    member: z.string(),
    may: z.string().describe('the action'),
    allowed: z.boolean(),
    reason: z.string().describe('stable, for programs').meta({ example: 'granted-by-rule' }),
    words: z.string(),
    rule: z.object({ line: z.number().int(), text: z.string() }).nullable(),
    cost: z
      .object({
        section: z.string(),
        bytes: z.number().int().describe('of credits: what a download takes, an upload earns'),
        ratio: z.number(),
        kind: z.enum(['credits', 'free']),
      })
      .nullable(),
  })
  .meta({ id: 'PolicyExplanation' })

export const explainPolicy = operation({
  summary: 'Whether a member may do something, why or why not, and what it would cost',
  params: z.object({
    member: accountParam,
    may: z.string().max(64).refine(isPolicyAction, 'no such action').describe('the action'),
    path: z.string().min(1).max(1_024).optional().describe('for rights over a path'),
    size_bytes: z.coerce
      .number()
      .int()
      .min(0)
      .max(2 ** 50)
      .optional(),
    is_owner: truth.optional().describe('what is at the path is theirs'),
    target: accountParam.optional().describe('the member that it is done to'),
    group: groupParam.optional().describe('the group that is administered'),
  }),
  result: explanationShape,
  action: 'see-users',
  account: ({ member }) => member,
  isFree: true,
  async run(deps, { member, may, path, size_bytes, is_owner, target, group }) {
    const { id, state } = await accountOf(deps, member)
    const answer = await deps.policy.judge(state, PLAIN_PROOF, {
      action: may,
      ...(path !== undefined && { path, ledger: await ledgerAt(deps, id, path) }),
      ...(size_bytes !== undefined && { sizeBytes: size_bytes }),
      ...(is_owner !== undefined && { isOwner: is_owner }),
      ...(target !== undefined && { target: await targetOf(deps.host, target.toLowerCase()) }),
      ...(group !== undefined && { group }),
    })
    return { member: id, may, ...rendered(answer) }
  },
})

/** The first part of a path is its section. */
async function ledgerAt(
  deps: AdministrationDeps,
  account: string,
  path: string,
): Promise<PolicyLedger> {
  const section = path.split('/').find((part) => part !== '') ?? ''
  const ledger = await ledgerOf(deps, account)
  const kept = balanceOf(ledger, section)
  return { section: kept.section, ratio: ratioIn(ledger, section), balanceBytes: kept.bytes }
}

function rendered({ isAllowed, reason, words, rule, cost }: PolicyAnswer) {
  return {
    allowed: isAllowed,
    reason,
    words,
    rule: rule ? { line: rule.line, text: rule.text } : null,
    cost: cost ? { ...cost } : null,
  }
}
