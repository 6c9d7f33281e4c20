import { z } from 'zod'

import {
  type PolicyCommand,
  type PolicyContext,
  SITE_POLICY,
} from '#actors/policy/policy.commands.ts'
import { formatRights, linesOf, parseRights, RIGHTS_LIMITS } from '#actors/policy/rights.ts'

import { type AdministrationDeps, operation } from '#gateways/members/administration/operation.ts'
import { noParams } from '#gateways/members/administration/shapes.ts'

const POLICY = { kind: 'policy', id: SITE_POLICY }

const rightsShape = z
  .object({
    text: z.string().describe('`right pattern who...`, one a line; the first that fits decides'),
    version: z.int().describe('another one when they have been changed'),
  })
  .meta({ id: 'Rights' })

export const showRights = operation({
  summary: 'The rights in force',
  params: noParams,
  result: rightsShape,
  action: 'administer-rights',
  run: (deps) => rightsNow(deps),
})

export const setRights = operation({
  summary: 'Puts other rights in force, all at once; comments are not kept',
  params: z.object({
    text: z.string().max(RIGHTS_LIMITS.lines * 100),
    version: z
      .int()
      .optional()
      .describe('of the rights that were changed; refused when there are others by now'),
  }),
  result: rightsShape,
  action: 'administer-rights',
  async run(deps, { text, version }, caller) {
    const rights = linesOf(text)
    // The policy parses them as well; the number of a wrong line is worth a fast answer.
    parseRights(rights)
    const command: PolicyCommand = {
      type: 'policy.set-rights',
      rights,
      ...(version !== undefined && { version }),
    }
    await deps.host.send(POLICY, command, caller.context())
    return await rightsNow(deps)
  },
})

async function rightsNow({ host }: AdministrationDeps) {
  const { context, version } = await host.state<PolicyContext>(POLICY)
  return {
    version,
    text: formatRights(context.rights)
      .map((line) => `${line}\n`)
      .join(''),
  }
}
