import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import { Fold } from '#actors/kernel/fold.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import type { RaceCommand, RaceContext } from '#actors/race/race.commands.ts'
import type { NewFact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

const home = { section: 'incoming', release: 'Rel-GRP' }
const crc = (n: number) => n.toString(16).padStart(8, '0')
const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString().padStart(12, '0')}`

/** A race to which commands are given one after the other, as the host would. */
function createRace() {
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
    begin: (by: string, file: string, env?: Partial<DecideEnv>) => {
      const uploadId = uuid(++uploads)
      race.tell(
        by,
        { type: 'race.begin-upload', ...home, file, uploadId, group: 'GRP', offsetBytes: 0 },
        env,
      )
      return uploadId
    },
    upload(
      by: string,
      file: string,
      n: number,
      more: { sizeBytes?: number; sfvText?: string } = {},
    ) {
      const uploadId = race.begin(by, file)
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
    sfv: (by: string, count: number, file = 'rel.sfv') =>
      race.upload(by, file, 999, {
        sfvText: Array.from({ length: count }, (_, n) => `r${n} ${crc(n)}`).join('\r\n'),
      }),
  }
  return race
}

const types = (decided: readonly { type: string }[]) => decided.map(({ type }) => type.slice(5))
const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (cause) {
    if (cause instanceof Refusal) return cause.code
    throw cause
  }
  return 'done'
}

describe('race', () => {
  it('goes from the first file to the end, with the facts in the field’s order', () => {
    const race = createRace()
    expect(types(race.sfv('alice', 4))).toEqual(['file-accepted', 'sfv-added'])
    expect(types(race.upload('alice', 'r0', 0))).toEqual(['file-accepted', 'started'])
    const joined = race.upload('bob', 'r1', 1)
    expect(types(joined)).toEqual(['file-accepted', 'racer-joined', 'halfway-reached'])
    expect(types(race.upload('bob', 'r2', 2))).toEqual(['file-accepted', 'leader-changed'])
    const end = race.upload('alice', 'r3', 3, { sizeBytes: 700 })
    expect(types(end)).toEqual(['file-accepted', 'completed'])
    expect(end.at(-1)!.data).toEqual({
      files: 4,
      sizeBytes: 1_100,
      durationMs: 9_000,
      standings: [
        { member: 'alice', group: 'GRP', files: 2, sizeBytes: 800, durationMs: 20 },
        { member: 'bob', group: 'GRP', files: 2, sizeBytes: 200, durationMs: 20 },
      ],
    })
    expect(race.state.value).toBe('complete')
    expect(types(race.facts).slice(0, 2)).toEqual(['created', 'upload-started'])
  })

  it('asks for a lead of two files in a release of ten or more', () => {
    const race = createRace()
    race.sfv('alice', 10)
    race.upload('alice', 'r0', 0)
    race.upload('bob', 'r1', 1)
    expect(types(race.upload('bob', 'r2', 2))).toEqual(['file-accepted'])
    expect(types(race.upload('bob', 'r3', 3))).toEqual(['file-accepted', 'leader-changed'])
  })

  it('refuses a corrupt file and takes it when it is right', () => {
    const race = createRace()
    race.sfv('alice', 1)
    const bad = race.upload('bob', 'r0', 7)
    expect(bad).toEqual([
      {
        type: 'race.file-rejected',
        data: {
          file: 'r0',
          uploadId: uuid(2),
          sizeBytes: 100,
          crc32: crc(7),
          reason: 'crc-mismatch',
          expectedCrc32: crc(0),
        },
      },
    ])
    expect(race.state.context.files).not.toHaveProperty('r0')
    expect(types(race.upload('bob', 'r0', 0))).toEqual(['file-accepted', 'started', 'completed'])
  })

  it('judges the files that were there before the sfv', () => {
    const race = createRace()
    race.upload('alice', 'r0', 0)
    race.upload('bob', 'r1', 66)
    race.upload('bob', 'rel.nfo', 5)
    const judged = race.sfv('alice', 2)
    expect(types(judged)).toEqual([
      'file-accepted',
      'sfv-added',
      'file-verified',
      'file-marked-bad',
      'halfway-reached',
    ])
    expect(race.state.context.racers).toMatchObject({ alice: { files: 1 }, bob: { files: 0 } })
    expect(types(race.upload('carol', 'r1', 1))).toEqual([
      'file-accepted',
      'racer-joined',
      'completed',
    ])
  })

  it.each([
    ['an empty file', 'r0', { sizeBytes: 0 }, 'empty-file'],
    ['an sfv without entries', 'x.sfv', { sfvText: '; nothing' }, 'sfv-invalid'],
    ['an sfv that leaves the release', 'x.sfv', { sfvText: '../r0 00000000' }, 'sfv-invalid'],
    ['an sfv that is garbage', 'x.SFV', { sfvText: '\u0000\u0001' }, 'sfv-invalid'],
  ])('rejects %s', (_, file, more, reason) => {
    const race = createRace()
    expect(race.upload('alice', file, 0, more)).toMatchObject([
      { type: 'race.file-rejected', data: { reason } },
    ])
  })

  it('takes a file from one member at a time, and once', () => {
    const race = createRace()
    const uploadId = race.begin('alice', 'r0')
    expect(codeOf(() => race.begin('bob', 'r0'))).toBe('file-busy')
    const over = { type: 'race.make-directory', directory: 'r0' } as const
    expect(codeOf(() => race.tell('bob', over))).toBe('directory-exists')
    expect(codeOf(() => race.begin('alice', 'r0'))).toBe('file-busy')
    const abort = {
      type: 'race.abort-upload',
      file: 'r0',
      uploadId,
      receivedBytes: 5,
      reason: 'x',
    } as const
    expect(types(race.tell('alice', abort))).toEqual(['upload-aborted'])
    expect(race.tell('alice', abort)).toEqual([])
    expect(race.state.context.partials).toMatchObject({
      r0: { uploadId, member: 'alice', receivedBytes: 5 },
    })
    race.upload('bob', 'r0', 0)
    expect(codeOf(() => race.begin('alice', 'r0'))).toBe('file-exists')
  })

  it('lets a member take over from their own dead connection', () => {
    const race = createRace()
    const first = race.begin('alice', 'r0')
    race.begin('alice', 'r0', { connection: 'another' })
    expect(types(race.facts).slice(-2)).toEqual(['upload-aborted', 'upload-started'])
    const late = {
      type: 'race.finish-upload',
      file: 'r0',
      uploadId: first,
      sizeBytes: 1,
      crc32: crc(1),
      durationMs: 1,
    } as const
    expect(codeOf(() => race.tell('alice', late))).toBe('no-such-upload')
  })

  it('is incomplete again when a listed file goes, and complete when it is back', () => {
    const race = createRace()
    race.sfv('alice', 1)
    race.upload('alice', 'r0', 0)
    const deletion = { type: 'race.delete-file', file: 'r0' } as const
    expect(codeOf(() => race.tell('bob', deletion))).toBe('not-yours')
    expect(types(race.tell('bob', deletion, { flags: '1' }))).toEqual([
      'file-deleted',
      'became-incomplete',
    ])
    expect(race.state).toMatchObject({ value: 'open', context: { doneCount: 0, sizeBytes: 100 } })
    expect(types(race.upload('bob', 'r0', 0))).toEqual([
      'file-accepted',
      'racer-joined',
      'leader-changed',
      'completed',
    ])
  })

  it('renames a file onto its place in the sfv, and not with other bytes', () => {
    const race = createRace()
    race.sfv('alice', 1)
    race.upload('alice', 'wrong-name', 0)
    race.upload('alice', 'other', 5)
    const rename = (from: string) =>
      race.tell('alice', { type: 'race.rename-file', from, to: 'r0' })
    expect(codeOf(() => rename('other'))).toBe('crc-mismatch')
    expect(types(rename('wrong-name'))).toEqual(['file-renamed', 'completed'])
    expect(codeOf(() => rename('other'))).toBe('file-exists')
  })

  it('keeps directories in order', () => {
    const race = createRace()
    race.tell('alice', { type: 'race.create', ...home })
    const make = (directory: string) =>
      race.tell('alice', { type: 'race.make-directory', directory })
    const remove = (directory: string) =>
      race.tell('alice', { type: 'race.remove-directory', directory })
    expect(codeOf(() => race.upload('alice', 'CD1/r0', 0))).toBe('no-such-directory')
    make('CD1')
    expect(codeOf(() => make('CD1'))).toBe('directory-exists')
    race.upload('alice', 'CD1/rel.sfv', 9, { sfvText: `r0 ${crc(0)}` })
    expect(race.state.context.expected).toEqual({ 'CD1/r0': crc(0) })
    expect(codeOf(() => remove('CD1'))).toBe('directory-not-empty')
    expect(codeOf(() => race.tell('alice', { type: 'race.remove' }))).toBe('directory-not-empty')
    race.tell('alice', { type: 'race.delete-file', file: 'CD1/rel.sfv' })
    remove('CD1')
    expect(codeOf(() => remove('CD1'))).toBe('no-such-directory')
    expect(codeOf(() => race.tell('bob', { type: 'race.remove' }))).toBe('not-yours')
    race.tell('alice', { type: 'race.remove' })
    expect(codeOf(() => race.begin('alice', 'r0'))).toBe('no-such-race')
  })

  it.each(['constructor', 'toString', 'hasOwnProperty'])(
    'treats %s as a name like others',
    (name) => {
      const race = createRace()
      race.upload('alice', name, 1)
      expect(race.state.context.files[name]).toMatchObject({ member: 'alice' })
      expect(codeOf(() => race.begin('alice', '__proto__'))).toBe('invalid-name')
    },
  )

  it('keeps its figures true, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const race = createRace()
        race.tell('alice', { type: 'race.create', ...home })
        for (const apply of steps) {
          try {
            apply(race)
          } catch (cause) {
            if (!(cause instanceof Refusal)) throw cause
          }
          checkFigures(race.state)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('folds to the same state from its history', () => {
    const race = createRace()
    race.sfv('alice', 3)
    for (let n = 0; n < 3; n++) race.upload(n % 2 ? 'bob' : 'alice', `r${n}`, n)
    race.tell('alice', { type: 'race.delete-file', file: 'r0' })
    const again = new Fold(raceActor.machine)
    for (const fact of race.facts) again.apply(JSON.parse(JSON.stringify(fact)) as NewFact)
    expect(again.state(race.state.version)).toEqual(race.state)
  })
})

const member = fc.constantFrom('alice', 'bob', 'carol')
const file = fc.constantFrom('r0', 'r1', 'r2', 'r3', 'x', 'rel.sfv', 'two.sfv')
const step = fc.oneof(
  fc.tuple(member, file, fc.nat(4)).map(([by, name, n]) => (race: Race) => {
    if (name.endsWith('.sfv')) return race.sfv(by, n, name)
    return race.upload(by, name, n)
  }),
  fc.tuple(member, file).map(
    ([by, name]) =>
      (race: Race) =>
        race.tell(by, { type: 'race.delete-file', file: name }, { flags: '1' }),
  ),
  fc.tuple(member, file, file).map(
    ([by, from, to]) =>
      (race: Race) =>
        race.tell(by, { type: 'race.rename-file', from, to }, { flags: '1' }),
  ),
)
type Race = ReturnType<typeof createRace>

/** The counters that the machine keeps, against what its files and sfvs say. */
function checkFigures({ value, context }: { value: string; context: RaceContext }): void {
  const good = Object.values(context.files).filter(({ isBad }) => !isBad)
  const done = Object.entries(context.expected).filter(([path, crc32]) => {
    const present = context.files[path]
    return present && !present.isBad && present.crc32 === crc32
  })
  expect(context.fileCount).toBe(Object.keys(context.files).length)
  expect(context.expectedCount).toBe(Object.keys(context.expected).length)
  expect(context.doneCount).toBe(done.length)
  expect(context.sizeBytes).toBe(good.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
  for (const [name, racer] of Object.entries(context.racers)) {
    const own = good.filter(({ member: by, counted }) => by === name && counted)
    expect(racer.files).toBe(own.length)
    expect(racer.sizeBytes).toBe(own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
  }
  const isComplete = context.expectedCount > 0 && context.doneCount === context.expectedCount
  expect(value).toBe(isComplete ? 'complete' : 'open')
}
