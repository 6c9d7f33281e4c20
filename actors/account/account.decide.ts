import {
  ACCOUNT_REFUSALS,
  type AccountCommand,
  type AccountContext,
} from '#actors/account/account.commands.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import type { AccountDecided } from '#events/account.facts.ts'
import { Refusal } from '#events/refusal.ts'

export function decideAccount(
  state: ActorState<AccountContext>,
  command: AccountCommand,
): AccountDecided[] {
  switch (command.type) {
    case 'account.create': {
      if (state.value !== 'absent') {
        throw new Refusal(ACCOUNT_REFUSALS.accountExists, `${command.name} is a member already.`)
      }
      const { name, group, credential } = command
      const flags = [...new Set(command.flags)].toSorted().join('')
      return [
        { type: 'account.created', data: { name, group, flags } },
        { type: 'account.password-set', data: { credential } },
      ]
    }
    case 'account.set-password':
      if (state.value !== 'active') {
        throw new Refusal(ACCOUNT_REFUSALS.noSuchAccount, 'There is no such member.')
      }
      return [{ type: 'account.password-set', data: { credential: command.credential } }]
  }
}
