import type { AccountModels } from '#projections/account-models.ts'

/** What the gateways may ask of the read models. Times are milliseconds since 1970. */
export interface ReadModels extends AccountModels {
  /**
   * Resolves when the read models hold every fact up to the position, so that a client sees
   * its own writes; false when that took longer than `timeoutMs`.
   */
  reached(position: number, timeoutMs: number): Promise<boolean>
  races(query: RacesQuery): Promise<Page<RaceSummary>>
  race(id: string): Promise<RaceDetail | undefined>
  /** Status of every race in a section whose release name is in the list; removed ones are left out. */
  racesByName(section: string, releases: readonly string[]): Promise<readonly RaceSummary[]>
  member(id: string): Promise<MemberDetail | undefined>
  /** What all members together have transferred, by the periods that are now. */
  traffic(): Promise<Pick<MemberDetail, 'up' | 'down'>>
  /** Who has transferred most bytes, first; purged accounts are left out. */
  topMembers(query: RankingQuery): Promise<readonly RankedTotals[]>
  /** The same by the members' primary groups. */
  topGroups(query: Omit<RankingQuery, 'group'>): Promise<readonly RankedTotals[]>
  /** Who is on: connections that are open, oldest first. */
  connections(): Promise<readonly OpenConnection[]>
  audit(query: AuditQuery): Promise<Page<AuditEntry>>
}

export interface PageQuery {
  /** 1 to 1,000. */
  readonly limit: number
  /** From the page before. A malformed one is a `Refusal` with the code `invalid-cursor`. */
  readonly cursor?: string
}

export interface RacesQuery extends PageQuery {
  readonly section?: string
  readonly state?: RaceState
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
  /** The position that the answer reflects: where a live subscription can take over. */
  readonly position: number
}

export type RaceState = 'open' | 'complete' | 'removed'

export interface RaceSummary {
  readonly id: string
  readonly section: string
  readonly release: string
  readonly state: RaceState
  /** Files that the sfv lists; 0 without an sfv. */
  readonly expectedFiles: number
  /** Of those, how many are here and good. */
  readonly filesDone: number
  readonly badFiles: number
  /** Bytes of all accepted files. */
  readonly sizeBytes: number
  readonly racers: number
  readonly leader: string | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly completedAt: number | null
  /** Position of the race's last fact. */
  readonly position: number
}

export interface RaceDetail extends RaceSummary {
  readonly standings: readonly RacerFigures[]
  readonly files: readonly RaceFile[]
}

export interface RacerFigures {
  readonly member: string
  readonly group: string
  readonly files: number
  readonly sizeBytes: number
  /** Time spent transferring, summed over the files. */
  readonly durationMs: number
}

export interface RaceFile {
  /** Path below the release. */
  readonly file: string
  /** `missing`: the sfv lists it, nobody has sent it. `unchecked`: here, no sfv lists it. */
  readonly state: 'missing' | 'uploading' | 'unchecked' | 'ok' | 'bad'
  readonly member: string | null
  readonly sizeBytes: number
  readonly crc32: string | null
  readonly expectedCrc32: string | null
  readonly acceptedAt: number | null
}

export type Period = 'all' | 'month' | 'week' | 'day'

export interface TransferTotals {
  readonly files: number
  readonly sizeBytes: number
  readonly durationMs: number
}

export interface MemberDetail {
  readonly id: string
  readonly name: string
  readonly group: string
  readonly flags: string
  readonly createdAt: number
  readonly lastSeenAt: number | null
  /** Of the current month, ISO week and day in UTC. */
  readonly up: Readonly<Record<Period, TransferTotals>>
  readonly down: Readonly<Record<Period, TransferTotals>>
}

export interface RankingQuery {
  readonly period: Period
  readonly direction: 'up' | 'down'
  /** 1 to 1,000. */
  readonly limit: number
  /** Only members of it. */
  readonly group?: string
}

export interface RankedTotals extends TransferTotals {
  readonly name: string
  /** The primary one. */
  readonly group: string
}

export interface OpenConnection {
  readonly id: string
  readonly gateway: string
  readonly node: string
  readonly secured: boolean
  readonly member: string | null
  readonly group: string | null
  /** How the member logged in, as `connection.authenticated` has it. */
  readonly method: string | null
  /** Address and port, sealed with the member's key: null before the login. */
  readonly remote: string | null
  readonly openedAt: number
  /** The upload that runs on it. */
  readonly upload: {
    readonly race: string
    readonly file: string
    readonly uploadId: string
  } | null
}

export interface AuditQuery extends PageQuery {
  readonly stream?: string
  readonly kind?: string
  readonly member?: string
  /** To whom it was done. */
  readonly subject?: string
  /** By which it came in. */
  readonly gateway?: string
  readonly commandId?: string
  /** With `*` and `?` for any text and any character. */
  readonly type?: string
  readonly correlationId?: string
  /** Times, both inclusive. */
  readonly since?: number
  readonly until?: number
  /** Positions, both exclusive. */
  readonly after?: number
  readonly before?: number
  /** Default `newest` first. A cursor is good for the order that it was given for. */
  readonly order?: 'newest' | 'oldest'
}

export interface AuditEntry {
  readonly position: number
  readonly at: number
  readonly stream: string
  readonly version: number
  readonly type: string
  readonly by: string | null
  /** To whom, where it is about one member. */
  readonly subject: string | null
  /** Id of the connection or HTTP session that it came in by. */
  readonly connection: string | null
  /** Null when it did not come in by one. */
  readonly origin: AuditOrigin | null
  readonly commandId: string
  readonly correlationId: string
  readonly causationId: string | null
}

/** By what something came in. */
export interface AuditOrigin {
  readonly gateway: string
  /** Who logged in by it, and how; null while nobody has. */
  readonly account: string | null
  readonly method: string | null
  /** Sealed with the account's key, field `remote`. */
  readonly remote: string | null
}
