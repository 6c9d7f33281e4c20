import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'
import { MasterKeyTrouble } from '#events/seals.ts'

import { operation } from '#gateways/members/administration/operation.ts'
import { noParams } from '#gateways/members/administration/shapes.ts'

export const rotateSigningKeys = operation({
  summary: 'Makes a new key for access tokens at once, which makes every one given so far void',
  params: noParams,
  result: z.object({
    retired: z.array(z.string()),
    in_force: z.array(z.string()).describe('ids of the keys'),
  }),
  isOperatorOnly: true,
  async run({ signingKeys }) {
    const retired = signingKeys.published().map(({ kid }) => kid)
    for (const kid of retired) await signingKeys.retire(kid)
    return { retired, in_force: signingKeys.published().map(({ kid }) => kid) }
  },
})

export const rotateMasterKey = operation({
  summary: 'Makes a new master key and wraps the keys of all personal data with it',
  params: noParams,
  result: z.object({ rewrapped: z.number().int().describe('keys') }),
  isOperatorOnly: true,
  run: ({ seals }) => tellingOfKeys(async () => ({ ...(await seals.rotateMasterKey()) })),
})

/** Trouble with the master key is for the operator to mend: they are told what it is. */
export async function tellingOfKeys<T>(work: () => Promise<T>, before = ''): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof MasterKeyTrouble)) throw cause
    throw new Refusal(cause.code, before + cause.message)
  }
}
