import {
  joinGroup,
  leaveGroup,
  setGroupAdmin,
} from '#gateways/members/administration/account-groups.ts'
import {
  banAccount,
  deleteAccount,
  forgetAccount,
  purgeAccount,
  readdAccount,
  unbanAccount,
  unlockAccount,
} from '#gateways/members/administration/account-lifecycle.ts'
import { listMasks, setMasks } from '#gateways/members/administration/account-masks.ts'
import { setPassword } from '#gateways/members/administration/account-password.ts'
import {
  listAccounts,
  setAccount,
  setOwnAccount,
  showAccount,
} from '#gateways/members/administration/account-record.ts'
import { endSessions, listSessions } from '#gateways/members/administration/account-sessions.ts'
import {
  createToken,
  listTokens,
  revokeToken,
} from '#gateways/members/administration/account-tokens.ts'
import { addAffil, listAffils, removeAffil } from '#gateways/members/administration/affils.ts'
import { addAccount } from '#gateways/members/administration/add-account.ts'
import { setAllotment, setRatio } from '#gateways/members/administration/credit-terms.ts'
import { giftCredits, reverseCredits } from '#gateways/members/administration/credit-transfers.ts'
import {
  explainCredits,
  giveCredits,
  showCredits,
  takeCredits,
} from '#gateways/members/administration/credits.ts'
import { explainPolicy } from '#gateways/members/administration/explain-policy.ts'
import {
  addGroup,
  deleteGroup,
  listGroups,
  readdGroup,
  setGroup,
  showGroup,
} from '#gateways/members/administration/groups.ts'
import { rotateMasterKey, rotateSigningKeys } from '#gateways/members/administration/keys.ts'
import type { Operation } from '#gateways/members/administration/operation.ts'
import {
  addSection,
  listSections,
  removeSection,
  setSection,
  showSection,
} from '#gateways/members/administration/sections.ts'
import { setRights, showRights } from '#gateways/members/administration/rights.ts'
import {
  beginMfa,
  confirmMfa,
  removeMfa,
  renewRecoveryCodes,
  showMfa,
} from '#gateways/members/administration/second-factors.ts'

/** All that can be administered, by the names that the command line and the audit know. */
export const OPERATIONS = {
  'account.add': addAccount,
  'account.show': showAccount,
  'account.list': listAccounts,
  'account.set': setAccount,
  'account.set-own': setOwnAccount,
  'account.join-group': joinGroup,
  'account.leave-group': leaveGroup,
  'account.set-group-admin': setGroupAdmin,
  'account.masks': listMasks,
  'account.set-masks': setMasks,
  'account.password': setPassword,
  'account.ban': banAccount,
  'account.unban': unbanAccount,
  'account.delete': deleteAccount,
  'account.readd': readdAccount,
  'account.purge': purgeAccount,
  'account.forget': forgetAccount,
  'account.unlock': unlockAccount,
  'account.sessions': listSessions,
  'account.end-sessions': endSessions,
  'account.tokens': listTokens,
  'account.create-token': createToken,
  'account.revoke-token': revokeToken,
  'mfa.show': showMfa,
  'mfa.begin': beginMfa,
  'mfa.confirm': confirmMfa,
  'mfa.remove': removeMfa,
  'mfa.recovery-codes': renewRecoveryCodes,
  'group.add': addGroup,
  'group.show': showGroup,
  'group.list': listGroups,
  'group.set': setGroup,
  'group.delete': deleteGroup,
  'group.readd': readdGroup,
  'credits.show': showCredits,
  'credits.explain': explainCredits,
  'credits.give': giveCredits,
  'credits.take': takeCredits,
  'credits.gift': giftCredits,
  'credits.reverse': reverseCredits,
  'credits.ratio': setRatio,
  'credits.allotment': setAllotment,
  'affil.add': addAffil,
  'affil.list': listAffils,
  'affil.remove': removeAffil,
  'section.add': addSection,
  'section.list': listSections,
  'section.remove': removeSection,
  'section.set': setSection,
  'section.show': showSection,
  'rights.show': showRights,
  'rights.set': setRights,
  'policy.explain': explainPolicy,
  'keys.rotate-signing': rotateSigningKeys,
  'keys.rotate-master': rotateMasterKey,
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof OPERATIONS
