import fc from 'fast-check'

import { createRace, home, type Race, sfvOf, uuid } from '#actors/race/race.fixture.ts'
import { Refusal } from '#events/refusal.ts'

type Step = (race: Race) => unknown

const member = fc.constantFrom('alice', 'bob', 'carol')
const folder = fc.constantFrom('', '', '', 'CD1/', 'Sample/')
const name = fc.constantFrom('r0', 'R0', 'r1', 'r2', 'x', 'a.zip', 'b.zip', 'rel.nfo', 'c.mp3')
const path = fc.tuple(folder, name).map(([above, last]) => above + last)
const sfv = fc
  .tuple(folder, fc.constantFrom('rel.sfv', 'two.sfv'))
  .map(([above, last]) => above + last)
const zip = fc.constantFrom('a.zip', 'b.zip', 'c.zip', 'Sample/a.zip')
const checksum = fc.nat(1)
const listed = fc.dictionary(fc.constantFrom('r0', 'R0', 'r1', 'a.zip'), checksum, { maxKeys: 3 })
const text = fc.constantFrom(undefined, '[01/02]', '[1/3]', 'nothing')

/** Whatever members may do to a race, with few names, so that they meet. */
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(member, path, checksum).map(
      ([by, file, n]): Step =>
        (race) =>
          race.upload(by, file, n),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(member, path, text).map(
      ([by, file, diz]): Step =>
        (race) =>
          race.zip(by, file, diz),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(member, sfv, listed).map(
      ([by, file, entries]): Step =>
        (race) =>
          race.upload(by, file, 9, { sfvText: sfvOf(entries) }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(member, fc.oneof(path, sfv)).map(
      ([by, file]): Step =>
        (race) =>
          race.remove(by, file),
    ),
  },
  fc.tuple(member, fc.oneof(path, sfv), fc.oneof(path, sfv)).map(
    ([by, from, to]): Step =>
      (race) =>
        race.tell(by, { type: 'race.rename-file', from, to }, { isGranted: true }),
  ),
  fc.tuple(zip, zip).map(
    ([from, to]): Step =>
      (race) =>
        race.tell('sue', { type: 'race.rename-file', from, to }, { isGranted: true }),
  ),
  fc.tuple(member, folder).map(
    ([by, directory]): Step =>
      (race) =>
        race.mkdir(by, directory.slice(0, -1) || 'CD3'),
  ),
  fc.tuple(member, folder).map(
    ([by, directory]): Step =>
      (race) =>
        race.tell(by, {
          type: 'race.remove-directory',
          directory: directory.slice(0, -1) || 'CD3',
        }),
  ),
  fc.tuple(member, path).map(
    ([by, each]): Step =>
      (race) =>
        race.tell(by, { type: 'race.wipe-path', path: each }),
  ),
  fc.tuple(path, checksum).map(
    ([file, n]): Step =>
      (race) =>
        race.tell('sue', {
          type: 'race.reconcile',
          lost: [file],
          found: [
            { file, uploadId: uuid(7_000), sizeBytes: 7, crc32: `0000000${n}`, modifiedAtMs: 5 },
          ],
        }),
  ),
  fc.tuple(member, path).map(
    ([by, file]): Step =>
      (race) =>
        race.begin(by, file),
  ),
)

export const steps = fc.array(step, { maxLength: 80, size: 'max' })

/** A race after the steps that it did not refuse; `each` sees it after every one. */
export function raceAfter(given: readonly Step[], each: (race: Race) => void = () => {}): Race {
  const race = createRace()
  race.tell('alice', { type: 'race.create', ...home })
  for (const apply of given) {
    try {
      apply(race)
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause
    }
    each(race)
  }
  return race
}
