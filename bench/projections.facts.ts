import { catalogue } from '#events/catalogue.ts'
import { streamOf, type NewFact } from '#events/fact.ts'
import { factId } from '#events/ids.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'

export interface Append {
  readonly stream: string
  readonly facts: readonly NewFact[]
}

const FILES = 50
const RACES_AT_ONCE = 8
const MEMBERS = 40

/**
 * What a busy site records: members log in, several releases of 50 files are raced at once by
 * three members each, the lead changes now and then, some files are downloaded. The same
 * count gives the same facts but for their ids.
 */
export function* syntheticFacts(count: number): Generator<Append> {
  let now = Date.UTC(2026, 0, 1)
  const ids = createUuidV7({ now: () => now, after: () => () => {} })
  let made = 0

  function append(
    kind: string,
    id: string,
    by: string | null,
    connection: string | null,
    ...facts: [string, unknown][]
  ): Append {
    const commandId = ids.next()
    made += facts.length
    const meta = {
      at: now,
      by,
      connection,
      commandId,
      correlationId: commandId,
      causationId: null,
    }
    const recorded = facts.map(([type, data], n) => ({
      id: factId(commandId, n),
      type,
      data,
      meta: { ...meta, schema: catalogue[type as keyof typeof catalogue].schema },
    }))
    return { stream: streamOf({ kind, id }), facts: recorded }
  }

  const connections: { id: string; member: string }[] = []
  for (let n = 0; n < MEMBERS; n++) {
    const member = `member${n}`
    yield append('account', member, null, null, [
      'account.created',
      { name: member, group: `GRP${n % 7}`, flags: '3' },
    ])
  }
  function* logIn(n: number): Generator<Append> {
    const id = ids.next()
    const member = `member${n % MEMBERS}`
    connections.push({ id, member })
    yield append('connection', id, null, id, [
      'connection.opened',
      { gateway: 'ftp', node: 'bench' },
    ])
    yield append('connection', id, member, id, [
      'connection.authenticated',
      { account: member, group: 'GRP', method: 'password', remote: `v1.sealed.${n}` },
    ])
  }
  for (let n = 0; n < MEMBERS; n++) yield* logIn(n)

  let release = 0
  function* race(): Generator<Append> {
    const number = release++
    const id = ids.next()
    const racers = [0, 1, 2].map((n) => connections[(number * 3 + n) % connections.length]!)
    const files = Array.from(
      { length: FILES },
      (_, n) => `release.${number}.r${String(n).padStart(2, '0')}`,
    )
    const entries = files.map((file, n) => [file, crc(number * FILES + n)])
    const upload = racers[0]!
    const send = (from: typeof upload, ...facts: [string, unknown][]) =>
      append('race', id, from.member, from.id, ...facts)
    yield send(upload, [
      'race.created',
      { section: 'incoming', release: `Some.Release.${number}-GRP` },
    ])
    const sfv = { file: `release.${number}.sfv`, uploadId: ids.next() }
    yield send(upload, ['race.upload-started', { ...sfv, group: 'GRP', offsetBytes: 0 }])
    yield send(
      upload,
      [
        'race.file-accepted',
        {
          ...sfv,
          group: 'GRP',
          sizeBytes: 1_500,
          crc32: crc(number),
          durationMs: 3,
          verified: false,
          counted: false,
        },
      ],
      ['race.sfv-added', { file: sfv.file, entries }],
    )
    for (const [n, file] of files.entries()) {
      const racer = racers[(n * 7 + number) % 3]!
      const uploadId = ids.next()
      const standing = {
        member: racer.member,
        group: 'GRP',
        files: n,
        sizeBytes: n * 15_000_000,
        durationMs: n * 900,
      }
      yield send(racer, ['race.upload-started', { file, uploadId, group: 'GRP', offsetBytes: 0 }])
      now += 7
      const facts: [string, unknown][] = [
        [
          'race.file-accepted',
          {
            file,
            uploadId,
            group: 'GRP',
            sizeBytes: 15_000_000,
            crc32: entries[n]![1],
            durationMs: 900.5,
            verified: true,
            counted: true,
          },
        ],
      ]
      if (n === 0)
        facts.push(['race.started', { member: racer.member, group: 'GRP', expectedFiles: FILES }])
      if (n % 9 === 8) facts.push(['race.leader-changed', { leader: standing, previous: standing }])
      if (n === FILES - 1)
        facts.push([
          'race.completed',
          { files: FILES, sizeBytes: 750_000_000, durationMs: 45_000, standings: [standing] },
        ])
      yield send(racer, ...facts)
      if (n % 10 === 5) {
        const leech = connections[(number * 5 + n) % connections.length]!
        yield append('connection', leech.id, leech.member, leech.id, [
          'connection.file-sent',
          { race: id, file, sizeBytes: 15_000_000, durationMs: 800, isWhole: true },
        ])
      }
      if (n % 25 === 24) {
        const gone = connections.shift()!
        yield append('connection', gone.id, gone.member, gone.id, [
          'connection.closed',
          { reason: 'quit', receivedBytes: 1_000, sentBytes: 1_000, durationMs: 60_000 },
        ])
        yield* logIn(number)
      }
    }
  }
  const running = Array.from({ length: RACES_AT_ONCE }, race)
  for (let turn = 0; ; turn++) {
    if (made >= count) return
    const slot = turn % RACES_AT_ONCE
    const next = running[slot]!.next()
    if (next.done) running[slot] = race()
    else yield next.value
  }
}

function crc(n: number): string {
  return (Math.imul(n, 2_654_435_761) >>> 0).toString(16).padStart(8, '0')
}
