/**
 * What the gateways may ask of members and what they have transferred: a part of `ReadModels`.
 * Times are milliseconds since 1970.
 */
export interface TransferModels {
  member(id: string): Promise<MemberDetail | undefined>
  /** What all members together have transferred, in a section or all, by the periods that are now. */
  traffic(section?: string): Promise<TotalsByPeriod>
  /** Who has transferred most bytes, first; purged accounts are left out. */
  topMembers(query: RankingQuery): Promise<readonly RankedTotals[]>
  /** The same by the members' primary groups. */
  topGroups(query: RankingQuery): Promise<readonly RankedTotals[]>
}

export type Period = 'all' | 'month' | 'week' | 'day'

export interface TransferTotals {
  readonly files: number
  readonly sizeBytes: number
  readonly durationMs: number
}

export interface TotalsByPeriod {
  /** Of the current month, ISO week and day in UTC. */
  readonly up: Readonly<Record<Period, TransferTotals>>
  readonly down: Readonly<Record<Period, TransferTotals>>
}

export interface TotalsInSection extends TotalsByPeriod {
  readonly section: string
}

/** Its totals are over all sections. */
export interface MemberDetail extends TotalsByPeriod {
  readonly id: string
  readonly name: string
  readonly group: string
  readonly flags: string
  readonly createdAt: number
  readonly lastSeenAt: number | null
  /** Those with transfers in one of the periods, by name; hidden ones, and ones gone since, too. */
  readonly sections: readonly TotalsInSection[]
}

export interface RankingQuery {
  readonly period: Period
  readonly direction: 'up' | 'down'
  /** 1 to 1,000. */
  readonly limit: number
  /** Only members of it; of groups, only it. */
  readonly group?: string
  /** What was transferred in it. Default: in all sections. */
  readonly section?: string
}

export interface RankedTotals extends TransferTotals {
  readonly name: string
  /** The primary one. */
  readonly group: string
}
