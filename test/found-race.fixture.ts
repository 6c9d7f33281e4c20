import type { AcceptedFile, RaceContext } from '#actors/race/race.commands.ts'
import { emptyRace } from '#actors/race/race.counts.ts'
import type { FoundRace } from '#gateways/site/lookup.ts'

export const fileOf = (more: Partial<AcceptedFile> = {}): AcceptedFile => ({
  uploadId: 'u',
  member: 'ana',
  group: 'GRP',
  sizeBytes: 1_024,
  crc32: '0000000a',
  durationMs: 1,
  acceptedAtMs: 50,
  counted: true,
  isBad: false,
  ...more,
})

/** A release of nothing. */
export function contextOf(more: Partial<RaceContext> = {}): RaceContext {
  const home = { section: 'incoming', release: 'Rel', maker: 'ana', firstUploadAtMs: 40 }
  return { ...emptyRace(), ...home, ...more }
}

export function raceOf(context: RaceContext, more: Partial<FoundRace> = {}): FoundRace {
  const { section, release, maker } = context
  const found = { id: 'r', section, release, maker, version: 1 }
  return { ...found, isRemoved: false, isComplete: false, context, ...more }
}
