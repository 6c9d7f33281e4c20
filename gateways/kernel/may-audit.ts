import type { Member } from '#gateways/kernel/login.ts'

const SITEOP_FLAG = '1'
const AUDITOR_FLAG = 'A'
const AUDITORS = 'AUDITORS'

/** Whether a member may read all of history: siteops, and those made auditors by flag or group. */
export function mayAudit(member: Member): boolean {
  return isSiteop(member) || member.flags.includes(AUDITOR_FLAG) || member.group === AUDITORS
}

export function isSiteop(member: Member): boolean {
  return member.flags.includes(SITEOP_FLAG)
}
