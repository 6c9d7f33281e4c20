import type { AccountContext } from '#actors/account/account.commands.ts'
import { type GroupCommand, type GroupContext, groupId } from '#actors/group/group.commands.ts'
import type { Consumer } from '#actors/kernel/consumer.ts'
import { followUp } from '#actors/kernel/follow-up.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { refOf } from '#events/fact.ts'
import { groupSlot } from '#events/group.facts.ts'

/** Frees the slots that a member holds of a group when the member leaves it, or the site. */
export function createGroupSlots(host: ActorHost): Consumer {
  async function free(fact: KnownFact, account: string, group: string): Promise<void> {
    const ref = { kind: 'group', id: groupId(group) }
    const { context } = await host.state<GroupContext>(ref)
    for (const slot of groupSlot.options) {
      if (!context.slots[slot].includes(account)) continue
      const command: GroupCommand = { type: 'group.free-slot', account, slot }
      await host.send(ref, command, followUp(fact, 'free-slot', ref.id, slot))
    }
  }

  return {
    name: 'group-slots',
    kinds: ['account'],
    async handle(recorded) {
      const fact = recorded as KnownFact
      const ref = refOf(fact.stream)
      // Another program's event in a stream that is no actor's.
      if (!ref) return
      if (fact.type === 'account.group-left') await free(fact, ref.id, fact.data.group)
      if (fact.type !== 'account.deleted' && fact.type !== 'account.purged') return
      const { groupOrder } = (await host.state<AccountContext>(ref)).context
      for (const group of groupOrder) await free(fact, ref.id, group)
    },
  }
}
