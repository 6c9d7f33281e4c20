import type { AccountContext } from '#actors/account/account.commands.ts'
import { type GroupCommand, type GroupContext, groupId } from '#actors/group/group.commands.ts'
import type { Consumer } from '#actors/kernel/consumer.ts'
import { followUp } from '#actors/kernel/follow-up.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { refOf } from '#events/fact.ts'
import { groupSlot } from '#events/group.facts.ts'

const LEAVINGS: ReadonlySet<string> = new Set<KnownFact['type']>([
  'account.group-left',
  'account.deleted',
  'account.purged',
])

/**
 * Frees the slots that a member holds of a group when the member leaves it, or the site. Who has
 * come back before that is heard of keeps them: they may have been taken anew.
 */
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
      if (!LEAVINGS.has(fact.type)) return
      const { value, context } = await host.state<AccountContext>(ref)
      const isThere = value === 'active'
      const left = fact.type === 'account.group-left' ? [fact.data.group] : context.groupOrder
      const stays = (group: string) => isThere && Object.hasOwn(context.groups, group)
      for (const group of left) if (!stays(group)) await free(fact, ref.id, group)
    },
  }
}
