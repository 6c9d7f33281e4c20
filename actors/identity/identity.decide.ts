import {
  IDENTITY_REFUSALS,
  type IdentityCommand,
  type IdentityContext,
} from '#actors/identity/identity.commands.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import type { IdentityDecided } from '#events/identity.facts.ts'
import { Refusal } from '#events/refusal.ts'

export function decideIdentity(
  { value, context }: ActorState<IdentityContext>,
  command: IdentityCommand,
): IdentityDecided[] {
  const { account } = command
  const isOwn = value === 'claimed' && context.account === account
  switch (command.type) {
    case 'identity.claim':
      if (isOwn) return []
      if (value === 'claimed') {
        const words = 'This sign-in belongs to another member.'
        throw new Refusal(IDENTITY_REFUSALS.identityTaken, words)
      }
      return [{ type: 'identity.claimed', data: { provider: command.provider, account } }]
    case 'identity.release':
      if (!isOwn) return []
      return [{ type: 'identity.released', data: { provider: context.provider, account } }]
  }
}
