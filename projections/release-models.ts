import type { Page, PageQuery } from '#projections/read-models.ts'

/** What was ever brought: the dirlog and the names that are dupes. */
export interface ReleaseModels {
  /** Newest first. With words or a pattern, among the newest `SEARCHED_AT_MOST`. */
  releases(query: ReleasesQuery): Promise<Page<ReleaseEntry>>
  releaseFiles(query: ReleaseFilesQuery): Promise<Page<ReleaseFileEntry>>
  /** What is known of a release's or a file's name, newest first, and what was said of it last. */
  dupesOf(query: DupesQuery): Promise<KnownDupes>
  /** Names that were declared to be dupes and fit a pattern, in their order. */
  declaredDupes(query: DeclaredDupesQuery): Promise<readonly string[]>
  /** What lies in each section now, without the races that are named. */
  sectionTotals(without: readonly string[]): Promise<readonly SectionTotals[]>
}

/** How many releases, or files, are looked through for a part of their name. */
export const SEARCHED_AT_MOST = 200_000

interface SearchQuery extends PageQuery {
  /** The name has all of them, whatever the case. */
  readonly words?: readonly string[]
  /** The whole name fits it: `*` any text, `?` one character. */
  readonly pattern?: string
}

export interface ReleasesQuery extends SearchQuery {
  readonly section?: string
  /** Only those that are there now. */
  readonly isHere?: boolean
}

export interface ReleaseEntry {
  /** Of its race. */
  readonly id: string
  readonly section: string
  readonly name: string
  readonly maker: string | null
  readonly group: string | null
  readonly files: number
  readonly sizeBytes: number
  readonly createdAt: number
  readonly completedAt: number | null
  readonly isNuked: boolean
  readonly publishedAt: number | null
  readonly goneAt: number | null
  readonly gone: 'removed' | 'wiped' | null
  /** Of its first fact. */
  readonly position: number
}

export type ReleaseFilesQuery = SearchQuery

export interface ReleaseFileEntry {
  readonly race: string
  readonly section: string
  readonly release: string
  /** Path below the release. */
  readonly file: string
  readonly member: string | null
  readonly sizeBytes: number
  readonly broughtAt: number
  readonly state: 'here' | 'bad' | 'deleted' | 'wiped' | 'lost'
  readonly position: number
}

export interface DupesQuery {
  readonly of: 'release' | 'file'
  readonly name: string
  readonly since: number
  /** Sections whose names are none. */
  readonly without: readonly string[]
  /** The race that asks for itself. */
  readonly except?: string
}

export interface KnownDupes {
  readonly isDeclared: boolean
  readonly found: readonly {
    readonly section: string
    readonly release: string
    readonly at: number
  }[]
}

export interface DeclaredDupesQuery {
  readonly of: 'release' | 'file'
  readonly pattern: string
  readonly limit: number
}

export interface SectionTotals {
  readonly section: string
  readonly releases: number
  readonly files: number
  readonly sizeBytes: number
}
