import type { Fact } from '#events/fact.ts'
import type { SectionRules } from '#events/section-rules.ts'

import type { FolderListing } from '#gateways/site/listings/listing-folder.ts'
import type { SiteEntry } from '#gateways/site/listings/site-entry.ts'
import type { ReleaseStanding } from '#gateways/site/listings/status.ts'

/** What is known of one release of a section. */
export interface Row {
  readonly name: string
  readonly standing: ReleaseStanding
  readonly directory: SiteEntry
  readonly marks: readonly SiteEntry[]
}

interface Times {
  createdAt: number | undefined
  startedAt: number | undefined
  completedAt: number | undefined
}

/** One section, kept in memory and patched by the facts of its races. */
export interface SectionTable {
  /** By the race. */
  readonly rows: Map<string, Row>
  readonly times: Map<string, Times>
  /** Races that something has happened to since their rows were made. */
  readonly dirty: Set<string>
  /** When it is to be learnt anew. */
  goodUntil: number
  /** What of the section's rules its marks go by. */
  markers: string
  /** The read models are being asked: what happens to any race meanwhile is kept in mind. */
  isLearning: boolean
  /** Names in order, by the version of the section. */
  names: { readonly version: number; readonly sorted: readonly string[] } | undefined
  built: (FolderListing & { readonly version: number; readonly at: number }) | undefined
  builtPosition: number
}

export function emptyTable(markers: string, goodUntil: number): SectionTable {
  return {
    rows: new Map(),
    times: new Map(),
    dirty: new Set(),
    goodUntil,
    markers,
    isLearning: false,
    names: undefined,
    built: undefined,
    builtPosition: 0,
  }
}

export function markersOf({ purpose, wantsNfo, wantsSample }: SectionRules): string {
  return JSON.stringify([purpose, wantsNfo, wantsSample])
}

export function forget(table: SectionTable, races: ReadonlySet<string>): void {
  for (const race of races) {
    table.rows.delete(race)
    table.times.delete(race)
    table.dirty.delete(race)
  }
}

export function patch(times: Times, { type, meta }: Fact): void {
  if (type === 'race.created') times.createdAt = meta.at
  if (type === 'race.started') times.startedAt = meta.at
  if (type === 'race.completed') times.completedAt = meta.at
  if (type === 'race.became-incomplete') times.completedAt = undefined
}
