import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import { Fold } from '#actors/kernel/fold.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import type { RaceCommand, RaceContext } from '#actors/race/race.commands.ts'
import type { Audio } from '#events/race.facts.ts'
import type { NewFact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

export const home = { section: 'incoming', release: 'Rel-GRP' }
export const crc = (n: number) => n.toString(16).padStart(8, '0')
export const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString().padStart(12, '0')}`

type Finish = Extract<RaceCommand, { type: 'race.finish-upload' }>
type Rules = NonNullable<Finish['rules']>
export type UploadExtras = Partial<
  Pick<
    Finish,
    'sizeBytes' | 'sfvText' | 'zip' | 'dizText' | 'audio' | 'rules' | 'rejection' | 'isUncredited'
  >
>

export const sfvOf = (entries: Readonly<Record<string, number>>) =>
  Object.entries(entries)
    .map(([file, n]) => `${file} ${crc(n)}`)
    .join('\r\n')

/** A race to which commands are given one after the other, as the host would. */
export function createRace() {
  const fold = new Fold(raceActor.machine)
  const facts: NewFact[] = []
  let uploads = 0
  let now = 1_000_000
  const race = {
    facts,
    get state() {
      return fold.state(facts.length - 1) as {
        value: string
        context: RaceContext
        version: number
      }
    },
    /** What a command is answered with: the facts' types and data, or a refusal's code. */
    tell(by: string, command: RaceCommand, env: Partial<DecideEnv> = {}) {
      now += 1_000
      const at = { now, by, flags: '', connection: `of-${by}`, ...env }
      const decided = raceActor.decide(race.state, command, at)
      for (const { type, data } of decided) {
        const meta = {
          at: now,
          by,
          connection: at.connection,
          commandId: '',
          correlationId: '',
          causationId: null,
          schema: 1,
        }
        const fact: NewFact = { id: uuid(facts.length), type, data, meta }
        fold.decide(fact)
        facts.push(fact)
      }
      return decided
    },
    begin: (by: string, file: string, env?: Partial<DecideEnv>, rules?: Rules) => {
      const uploadId = uuid(++uploads)
      const upload = { ...home, file, uploadId, group: 'GRP', offsetBytes: 0 }
      race.tell(by, { type: 'race.begin-upload', ...upload, ...(rules && { rules }) }, env)
      return uploadId
    },
    upload(by: string, file: string, n: number, more: UploadExtras = {}) {
      const uploadId = race.begin(by, file, {}, more.rules)
      const sizeBytes = more.sizeBytes ?? 100
      return race.tell(by, {
        type: 'race.finish-upload',
        file,
        uploadId,
        sizeBytes,
        crc32: crc(n),
        durationMs: 10,
        ...more,
      })
    },
    /** A zip that is whole, with the text of its diz. */
    zip: (by: string, file: string, dizText?: string) =>
      race.upload(by, file, 5, {
        zip: { isWhole: true, isEncrypted: false },
        ...(dizText !== undefined && { dizText }),
      }),
    mkdir(by: string, directory: string) {
      if (race.state.value === 'absent') race.tell(by, { type: 'race.create', ...home })
      return race.tell(by, { type: 'race.make-directory', directory })
    },
    remove: (by: string, file: string) =>
      race.tell(by, { type: 'race.delete-file', file }, { isGranted: true }),
    sfv: (by: string, count: number, file = 'rel.sfv') =>
      race.upload(by, file, 999, {
        sfvText: Array.from({ length: count }, (_, n) => `r${n} ${crc(n)}`).join('\r\n'),
      }),
  }
  return race
}

/** Of a file of music. */
export const tags: Audio = {
  artist: 'A',
  album: 'B',
  title: 'C',
  genre: 'Rock',
  year: 2019,
  track: 1,
  codec: 'MPEG 1 Layer 3',
  kbps: 320,
  isVbr: false,
  sampleRateHz: 44_100,
  playMs: 1_000,
}

export const types = (decided: readonly { type: string }[]) =>
  decided.map(({ type }) => type.slice(5))
export const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (cause) {
    if (cause instanceof Refusal) return cause.code
    throw cause
  }
  return 'done'
}

export type Race = ReturnType<typeof createRace>
