import { z } from 'zod'

import { type TokenScope } from '#actors/account/account.commands.ts'

import { accountOf, activeAccount } from '#gateways/members/administration/account-actor.ts'
import { operation, refuse } from '#gateways/members/administration/operation.ts'
import {
  doneShape,
  isoOf,
  isoOrNull,
  moment,
  reasonParam,
  scopeNames,
  withAccount,
} from '#gateways/members/administration/shapes.ts'

const DAY_MS = 86_400_000

const tokenShape = z
  .object({
    id: z.string(),
    label: z.string(),
    scopes: z.array(z.string()),
    created_at: moment,
    expires_at: moment.nullable(),
  })
  .meta({ id: 'ApiToken' })

export const listTokens = operation({
  summary: 'API tokens of an account, never their text',
  params: withAccount,
  result: z.object({ items: z.array(tokenShape) }),
  action: 'administer-accounts',
  account: ({ account }) => account,
  isFree: true,
  async run(deps, { account: name }) {
    const { account } = await accountOf(deps, name)
    const items = Object.entries(account.tokens).map(([id, token]) => ({
      id,
      label: token.label,
      scopes: token.scopes,
      created_at: isoOf(token.createdAtMs),
      expires_at: isoOrNull(token.expiresAtMs),
    }))
    return { items }
  },
})

export const createToken = operation({
  summary: 'Makes an API token, whose text is shown this once',
  params: withAccount.extend({
    label: z.string().min(1).max(64).describe('to tell it from others'),
    scopes: scopeNames.describe('what it is good for'),
    expires_in_days: z.coerce.number().int().min(1).max(3_650).optional(),
  }),
  result: z.object({ id: z.string(), token: z.string(), expires_at: moment.nullable() }),
  account: ({ account }) => account,
  isOwn: true,
  async run(deps, { account, label, scopes, expires_in_days: days }, caller) {
    const { id } = await activeAccount(deps, account)
    assertWithinScopes(scopes, caller.member?.scopes ?? null)
    const expiresAt = days === undefined ? null : deps.clock.now() + days * DAY_MS
    const token = await deps.apiTokens.create(id, { label, scopes, expiresAt }, caller.context())
    return { id: token.id, token: token.text, expires_at: isoOrNull(expiresAt) }
  },
})

/** By a token nobody gets one that may do more. */
function assertWithinScopes(
  scopes: readonly TokenScope[],
  own: readonly TokenScope[] | null,
): void {
  if (own === null || scopes.every((scope) => own.includes(scope))) return
  throw refuse('A token cannot be for more than what you are logged in for.', 'outside-token-scope')
}

export const revokeToken = operation({
  summary: 'Makes an API token void',
  params: withAccount.extend({ token: z.uuid(), reason: reasonParam }),
  result: doneShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  isFree: true,
  async run(deps, { account, token, reason }, caller) {
    const { id } = await accountOf(deps, account)
    await deps.apiTokens.revoke(id, token, reason, caller.context())
    return { account: id }
  },
})
