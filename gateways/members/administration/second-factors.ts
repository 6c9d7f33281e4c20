import { z } from 'zod'

import { activeAccount, sendAccount } from '#gateways/members/administration/account-actor.ts'
import { assertMayBe } from '#gateways/members/administration/account-password.ts'
import { assertFresh } from '#gateways/members/administration/fresh-password.ts'
import { operation } from '#gateways/members/administration/operation.ts'
import {
  codeParam,
  doneShape,
  passwordParam,
  reasonParam,
  withAccount,
} from '#gateways/members/administration/shapes.ts'

const withPassword = withAccount.extend({
  password: passwordParam.default('').describe('asked for once more'),
})
const codesShape = z.object({
  recovery_codes: z.array(z.string()).describe('each is good once; shown this once'),
})

export const showMfa = operation({
  summary: 'Whether there is a second factor',
  params: withAccount,
  result: z.object({
    is_on: z.boolean(),
    is_begun: z.boolean().describe('begun, and not confirmed yet'),
    recovery_codes_left: z.number().int(),
  }),
  action: 'administer-accounts',
  account: ({ account }) => account,
  isFree: true,
  async run(deps, { account: name }) {
    const { mfa } = (await activeAccount(deps, name)).account
    return {
      is_on: mfa.secret !== null,
      is_begun: mfa.begun !== null,
      recovery_codes_left: mfa.codesCount - mfa.usedCodes.length,
    }
  },
})

export const beginMfa = operation({
  summary: 'Makes the secret of a second factor, which counts once it is confirmed',
  params: withPassword,
  result: z.object({
    secret: z.string().describe('in base32, for the authenticator; shown this once'),
    uri: z.string().describe('the same as an otpauth address, for a picture'),
  }),
  account: ({ account }) => account,
  isOwn: true,
  async run(deps, { account, password }, caller) {
    const known = await activeAccount(deps, account)
    await assertFresh(deps, known, { password }, caller)
    return await deps.secondFactor.begin(known.id, caller.context('begin'))
  },
})

export const confirmMfa = operation({
  summary: 'Puts the second factor into force by its first code',
  params: withAccount.extend({ code: codeParam }),
  result: codesShape,
  account: ({ account }) => account,
  isOwn: true,
  async run(deps, { account, code }, caller) {
    const { state } = await activeAccount(deps, account)
    const codes = await deps.secondFactor.confirm(state, code, caller.context())
    return { recovery_codes: [...codes] }
  },
})

export const renewRecoveryCodes = operation({
  summary: 'Makes new recovery codes; the old ones are void',
  params: withPassword,
  result: codesShape,
  account: ({ account }) => account,
  isOwn: true,
  async run(deps, { account: name, password }, caller) {
    const known = await activeAccount(deps, name)
    await assertFresh(deps, known, { password }, caller)
    const codes = await deps.secondFactor.renewRecoveryCodes(known.account, caller.context('renew'))
    return { recovery_codes: [...codes] }
  },
})

export const removeMfa = operation({
  summary: 'Takes the second factor away',
  params: withPassword.extend({
    code: codeParam.optional().describe('needed for the own account'),
    reason: reasonParam,
  }),
  result: doneShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  isFree: true,
  async run(deps, { account: name, password, code = '', reason }, caller) {
    const known = await activeAccount(deps, name)
    const { id, account } = known
    const isOn = account.mfa.secret !== null
    if (caller.member?.id !== id) await assertMayBe(deps, known, caller)
    else await assertFresh(deps, known, { password, ...(isOn && { code }) }, caller)
    if (isOn) await deps.secondFactor.remove(account, reason, caller.context('remove'))
    else
      await sendAccount(deps, id, { type: 'account.remove-mfa', reason }, caller.context('remove'))
    return { account: id }
  },
})
