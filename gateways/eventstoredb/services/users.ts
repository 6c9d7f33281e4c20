import { accountId } from '#actors/account/account.commands.ts'
import { Refusal } from '#events/refusal.ts'
import type { Member } from '#gateways/kernel/login.ts'
import type { Policy } from '#gateways/members/policy.ts'

import { denied, isAdmin } from '#gateways/eventstoredb/access.ts'
import { forMembers, type MemberCall } from '#gateways/eventstoredb/command.ts'
import { users, UsersService } from '#gateways/eventstoredb/protocol.ts'
import { DOOR_REFUSALS } from '#gateways/eventstoredb/replies.ts'

/** Oneself, with or without saying so. Accounts of others are not shown here. */
export const details = forMembers(
  UsersService.details,
  'server-stream',
  async (request, outlet, { member, door }) => {
    const asked = request.getOptions()?.getLoginName() ?? ''
    if (asked !== '' && accountId(asked) !== member.id) {
      throw denied('You may see your own account only.')
    }
    const user = new users.DetailsResp.UserDetails()
      .setLoginName(member.name)
      .setFullName(member.name)
      .setGroupsList(await groupsOf(door.policy, member))
      .setDisabled(false)
    outlet.send(new users.DetailsResp().setUserDetails(user))
  },
)

/** The member's groups, and the groups of EventStoreDB that say the same as its rights. */
async function groupsOf(policy: Policy, member: Member): Promise<string[]> {
  const mayAudit = (await policy.ask(member, { action: 'audit' })).isAllowed
  return [
    ...member.groups,
    ...((await isAdmin(policy, member)) ? ['$admins', '$ops'] : []),
    ...(mayAudit ? ['AUDITORS'] : []),
  ].filter((group, index, all) => group !== '' && all.indexOf(group) === index)
}

const elsewhere = (what: string) => async (_request: unknown, _call: MemberCall) => {
  throw new Refusal(DOOR_REFUSALS.unsupported, `${what} is veza's own business, not this door's.`)
}

/** Methods that answer that they are not to be had; GetSupportedMethods does not name them. */
export const absentUserMethods = [
  forMembers(UsersService.create, 'unary', elsewhere('Making an account')),
  forMembers(UsersService.update, 'unary', elsewhere('Changing an account')),
  forMembers(UsersService.delete, 'unary', elsewhere('Deleting an account')),
  forMembers(UsersService.enable, 'unary', elsewhere('Enabling an account')),
  forMembers(UsersService.disable, 'unary', elsewhere('Disabling an account')),
  forMembers(UsersService.changePassword, 'unary', elsewhere('Changing a password')),
  forMembers(UsersService.resetPassword, 'unary', elsewhere('Resetting a password')),
]
