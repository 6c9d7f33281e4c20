import type { FactOf } from '#events/define-facts.ts'
import type { raceFacts } from '#events/race.facts.ts'

type Nuked = Extract<FactOf<typeof raceFacts>, { type: 'race.nuked' }>['data']

/** More does not go in a command. */
const TAKEN_BYTES_MAX = 2 ** 50

/** Who pays for a nuke: with what size; an empty directory costs its maker a fixed amount. */
export function payersOf({ nukees, empty }: Pick<Nuked, 'nukees' | 'empty'>) {
  const brought = nukees.map(({ member, sizeBytes }) => ({ member, sizeBytes, isEmpty: false }))
  return empty ? [...brought, { ...empty, isEmpty: true }] : brought
}

/**
 * The credits that a nuke takes, by glFTPd's rule (docs/glftpd.docs, SITE NUKE): the size times
 * (ratio + multiplier - 1), that is what the upload has earned and a penalty on top of it. Nothing
 * is taken from leeches (ratio 0), who have earned nothing, and by the multiplier 0 from nobody.
 */
export function takenByNuke(
  { sizeBytes, isEmpty }: { readonly sizeBytes: number; readonly isEmpty: boolean },
  ratio: number,
  multiplier: number,
): number {
  if (ratio === 0 || multiplier === 0) return 0
  if (isEmpty) return sizeBytes
  return Math.min(Math.floor(sizeBytes * (ratio + multiplier - 1)), TAKEN_BYTES_MAX)
}
