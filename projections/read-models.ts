import type { Audio } from '#events/race.facts.ts'
import type { ReleaseKind } from '#events/release-kind.ts'

import type { AccountModels } from '#projections/account-models.ts'
import type { ReleaseModels } from '#projections/release-models.ts'
import type { TransferModels } from '#projections/transfer-models.ts'

/** What the gateways may ask of the read models. Times are milliseconds since 1970. */
export interface ReadModels extends AccountModels, ReleaseModels, TransferModels {
  /**
   * Resolves when the read models hold every fact up to the position, so that a client sees
   * its own writes; false when that took longer than `timeoutMs`.
   */
  reached(position: number, timeoutMs: number): Promise<boolean>
  races(query: RacesQuery): Promise<Page<RaceSummary>>
  race(id: string): Promise<RaceDetail | undefined>
  /** Status of every race in a section whose release name is in the list; removed ones are left out. */
  racesByName(section: string, releases: readonly string[]): Promise<readonly RaceSummary[]>
  /** Nukes that stand, or those that were undone; the last first. Removed releases stay in it. */
  nukes(query: NukesQuery): Promise<readonly Nuke[]>
  /** Who was nuked most; nukes that were undone do not count. */
  topNukees(limit: number): Promise<readonly NukedMember[]>
  /** What members have asked for, the last first. */
  requests(query: RequestsQuery): Promise<readonly MadeRequest[]>
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
  /** What most of its files are, by their names. */
  readonly kind: ReleaseKind
  readonly hasNfo: boolean
  readonly hasSfv: boolean
  readonly hasSample: boolean
  /** Files that the sfvs list, and zips that a diz speaks of; 0 when nothing says how many. */
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
  /** While it is nuked; else null. */
  readonly nukedAt: number | null
  readonly nuker: string | null
  readonly nukeMultiplier: number | null
  readonly nukeReason: string | null
  /** When it came out of its group's pre section, and which group that is. */
  readonly publishedAt: number | null
  readonly publishedBy: string | null
  /** Position of the race's last fact. */
  readonly position: number
}

export interface RaceDetail extends RaceSummary {
  readonly standings: readonly RacerFigures[]
  readonly files: readonly RaceFile[]
  /** Folders (`''`: the release itself) whose zips a diz counts. */
  readonly zips: readonly RaceZips[]
  /** Of its last audio file. */
  readonly audio: RaceAudio | null
}

export interface RaceZips {
  readonly folder: string
  readonly expectedFiles: number
  readonly files: number
}

export type RaceAudio = Omit<Audio, 'title' | 'track' | 'playMs'>

export interface NukesQuery {
  readonly isUndone: boolean
  /** 1 to 1,000. */
  readonly limit: number
}

export interface Nuke {
  readonly race: string
  /** Where the release is, or was when it was removed. */
  readonly section: string
  readonly release: string
  /** What it was called before. */
  readonly name: string
  readonly nuker: string
  readonly at: number
  readonly multiplier: number
  readonly reason: string
  readonly files: number
  readonly sizeBytes: number
  readonly nukees: readonly {
    readonly member: string
    readonly group: string
    readonly files: number
    readonly sizeBytes: number
  }[]
  readonly unnuker: string | null
  readonly unnukedAt: number | null
  readonly unnukeReason: string | null
}

export interface NukedMember {
  readonly member: string
  readonly nukes: number
  readonly files: number
  readonly sizeBytes: number
  readonly lastAt: number
}

export type RequestState = 'open' | 'filled' | 'withdrawn'

export interface RequestsQuery {
  readonly state: RequestState
  /** Who made them. */
  readonly member?: string
  /** 1 to 1,000. */
  readonly limit: number
}

export interface MadeRequest {
  readonly id: string
  readonly name: string
  readonly section: string | null
  readonly state: RequestState
  readonly madeBy: string
  readonly madeAt: number
  readonly endedBy: string | null
  readonly endedAt: number | null
  /** Of the release that fills it, where that was said: not everybody may see it. */
  readonly path: string | null
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
