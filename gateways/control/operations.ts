import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'

import { tellingOfKeys } from '#gateways/members/administration/keys.ts'
import {
  type AdministrationDeps,
  type Operation,
  operation,
  perform,
} from '#gateways/members/administration/operation.ts'
import { OPERATIONS } from '#gateways/members/administration/operations.ts'
import { noParams } from '#gateways/members/administration/shapes.ts'
import { type VisitDeps, withVisit } from '#gateways/control/visit.ts'

const rewrapKeys = operation({
  summary: 'Wraps the keys of personal data with the present master key, as after a change of it',
  params: noParams,
  result: z.object({ rewrapped: z.number().int().describe('keys') }),
  isOperatorOnly: true,
  run: ({ seals }) => tellingOfKeys(async () => ({ ...(await seals.rewrap()) })),
})

/** What the operator does at the server's own command line. */
export const CONTROL_OPERATIONS = {
  ...OPERATIONS,
  'keys.rewrap': rewrapKeys,
} as const satisfies Readonly<Record<string, Operation>>

export type ControlOperation = keyof typeof CONTROL_OPERATIONS

/** These change nothing, and leave no trace in the log. */
const READING: ReadonlySet<string> = new Set<ControlOperation>([
  'account.show',
  'account.list',
  'account.masks',
  'account.sessions',
  'account.tokens',
  'mfa.show',
  'group.show',
  'group.list',
  'credits.show',
  'credits.explain',
  'section.list',
  'section.show',
  'rights.show',
  'policy.explain',
])

export const CONTROL_REFUSALS = { noSuchOperation: 'no-such-operation' } as const

/**
 * Does what the operator asks for. What changes something is done by a connection of the gateway
 * `control`, so that the audit knows how it came in. Rejects with a `Refusal`.
 */
export async function performForOperator(
  deps: AdministrationDeps & VisitDeps,
  name: string,
  params: unknown,
): Promise<unknown> {
  const asked = Object.hasOwn(CONTROL_OPERATIONS, name)
    ? (CONTROL_OPERATIONS[name as ControlOperation] as Operation)
    : undefined
  if (!asked) {
    const words = `There is no operation ${JSON.stringify(name)}.`
    throw new Refusal(CONTROL_REFUSALS.noSuchOperation, words)
  }
  const operator = { member: undefined, origin: undefined }
  if (READING.has(name)) {
    const context = () => ({ by: null, connection: null, commandId: deps.ids.next() })
    return await perform(deps, asked, params, { ...operator, context })
  }
  return await withVisit(deps, (visit) =>
    perform(deps, asked, params, { ...operator, context: visit.step }),
  )
}
