import {
  EMPTY_RECORD,
  type MemberRecord,
  type Records,
} from '#gateways/kernel/rate-limits/member-record.ts'
import { RecentMap } from '#gateways/kernel/recent-map.ts'

/**
 * Records in this process alone. The member not heard of for longest is forgotten for a new
 * one: unless that many were active within minutes, the quota was whole again anyway.
 */
export function createLocalRecords(members: number): Records {
  const records = new RecentMap<string, MemberRecord>(members)
  return {
    async change(member, change) {
      const before = records.get(member) ?? EMPTY_RECORD
      const { record, result } = change(before)
      if (record !== before) records.set(member, record)
      return result
    },
    stop() {},
  }
}
