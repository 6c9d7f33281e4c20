import { assign, setup } from 'xstate'

import type { AcceptedFile, RaceContext } from '#actors/race/race.commands.ts'
import type { RaceFact } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'

type FactData<T extends RaceFact['type']> = Extract<RaceFact, { type: T }>['data']

const emptyRace = (): RaceContext => ({
  section: '',
  release: '',
  maker: '',
  directories: {},
  files: {},
  uploads: {},
  partials: {},
  expected: {},
  sfvs: {},
  racers: {},
  expectedCount: 0,
  doneCount: 0,
  fileCount: 0,
  sizeBytes: 0,
  leader: null,
  isStarted: false,
  isHalfway: false,
  firstUploadAtMs: null,
})

function isDone(race: RaceContext, path: string): boolean {
  const file = entryOf(race.files, path)
  return file !== undefined && !file.isBad && entryOf(race.expected, path) === file.crc32
}

/** Adds (1) or takes away (-1) a file's figures. */
function countFile(race: RaceContext, file: AcceptedFile, sign: 1 | -1): void {
  race.sizeBytes += sign * file.sizeBytes
  if (!file.counted) return
  const racer = entryOf(race.racers, file.member) ?? {
    group: file.group,
    files: 0,
    sizeBytes: 0,
    durationMs: 0,
  }
  race.racers[file.member] = {
    group: racer.group,
    files: racer.files + sign,
    sizeBytes: racer.sizeBytes + sign * file.sizeBytes,
    durationMs: racer.durationMs + sign * file.durationMs,
  }
}

function removeFile(race: RaceContext, path: string): void {
  const file = entryOf(race.files, path)
  if (!file) return
  if (isDone(race, path)) race.doneCount--
  if (!file.isBad) countFile(race, file, -1)
  delete race.files[path]
  race.fileCount--
}

function addFile(race: RaceContext, path: string, file: AcceptedFile): void {
  removeFile(race, path)
  race.files[path] = file
  race.fileCount++
  countFile(race, file, 1)
  if (isDone(race, path)) race.doneCount++
}

function addSfv(race: RaceContext, { file, entries }: FactData<'race.sfv-added'>): void {
  const brought: string[] = []
  for (const [path, crc32] of entries) {
    if (entryOf(race.expected, path) !== undefined) continue
    race.expected[path] = crc32
    race.expectedCount++
    brought.push(path)
    if (isDone(race, path)) race.doneCount++
  }
  race.sfvs[file] = brought
}

function removeSfv(race: RaceContext, path: string): void {
  for (const expected of entryOf(race.sfvs, path) ?? []) {
    if (isDone(race, expected)) race.doneCount--
    delete race.expected[expected]
    race.expectedCount--
  }
  delete race.sfvs[path]
}

/**
 * Makes an action of a change. The context belongs to this activation alone, so its records
 * are changed in place: copying 500 files for each of 500 facts would cost more than all else.
 */
function change<E extends RaceFact>(apply: (race: RaceContext, fact: E) => void) {
  return assign<RaceContext, E, undefined, RaceFact, never>(({ context, event }) => {
    apply(context, event)
    return { ...context }
  })
}

/** A fact that changes nothing here. XState's `can` takes a transition without action for none. */
const noted = { actions: change<RaceFact>(() => {}) }

type Of<T extends RaceFact['type']> = Extract<RaceFact, { type: T }>

const fileChanges = {
  'race.upload-started': {
    actions: change<Of<'race.upload-started'>>((race, { data, meta }) => {
      race.firstUploadAtMs ??= meta.at
      race.uploads[data.file] = {
        uploadId: data.uploadId,
        member: meta.by ?? '',
        group: data.group,
        connection: meta.connection,
        startedAtMs: meta.at,
      }
      delete race.partials[data.file]
    }),
  },
  'race.upload-aborted': {
    actions: change<Of<'race.upload-aborted'>>((race, { data }) => {
      const upload = entryOf(race.uploads, data.file)
      if (!upload || upload.uploadId !== data.uploadId) return
      const { uploadId, member } = upload
      delete race.uploads[data.file]
      if (data.receivedBytes === 0) return
      race.partials[data.file] = { uploadId, member, receivedBytes: data.receivedBytes }
    }),
  },
  'race.file-accepted': {
    actions: change<Of<'race.file-accepted'>>((race, { data, meta }) => {
      delete race.uploads[data.file]
      const { uploadId, group, sizeBytes, crc32, durationMs, counted } = data
      addFile(race, data.file, {
        uploadId,
        member: meta.by ?? '',
        group,
        sizeBytes,
        crc32,
        durationMs,
        acceptedAtMs: meta.at,
        counted,
        isBad: false,
      })
    }),
  },
  'race.file-rejected': {
    actions: change<Of<'race.file-rejected'>>((race, { data }) => {
      delete race.uploads[data.file]
    }),
  },
  'race.sfv-added': {
    actions: change<Of<'race.sfv-added'>>((race, { data }) => addSfv(race, data)),
  },
  'race.file-verified': noted,
  'race.file-marked-bad': {
    actions: change<Of<'race.file-marked-bad'>>((race, { data }) => {
      const file = entryOf(race.files, data.file)
      if (!file || file.isBad) return
      countFile(race, file, -1)
      file.isBad = true
    }),
  },
  'race.file-deleted': {
    actions: change<Of<'race.file-deleted'>>((race, { data }) => {
      removeFile(race, data.file)
      removeSfv(race, data.file)
    }),
  },
  'race.file-renamed': {
    actions: change<Of<'race.file-renamed'>>((race, { data }) => {
      const file = entryOf(race.files, data.from)
      if (!file) return
      removeFile(race, data.from)
      addFile(race, data.to, file)
      const brought = entryOf(race.sfvs, data.from)
      if (!brought) return
      delete race.sfvs[data.from]
      race.sfvs[data.to] = brought
    }),
  },
  'race.directory-made': {
    actions: change<Of<'race.directory-made'>>((race, { data }) => {
      race.directories[data.directory] = true
    }),
  },
  'race.directory-removed': {
    actions: change<Of<'race.directory-removed'>>((race, { data }) => {
      delete race.directories[data.directory]
    }),
  },
  'race.started': {
    actions: change<Of<'race.started'>>((race, { data }) => {
      race.isStarted = true
      race.leader = data.member
    }),
  },
  'race.racer-joined': noted,
  'race.leader-changed': {
    actions: change<Of<'race.leader-changed'>>((race, { data }) => {
      race.leader = data.leader.member
    }),
  },
  'race.renamed': {
    actions: change<Of<'race.renamed'>>((race, { data }) => {
      race.section = data.section
      race.release = data.release
    }),
  },
}

export const raceMachine = setup({
  types: { context: {} as RaceContext, events: {} as RaceFact },
}).createMachine({
  id: 'race',
  initial: 'absent',
  context: emptyRace,
  states: {
    absent: {
      on: {
        'race.created': {
          target: 'open',
          actions: assign(({ event }) => ({
            section: event.data.section,
            release: event.data.release,
            maker: event.meta.by ?? '',
          })),
        },
      },
    },
    open: {
      on: {
        ...fileChanges,
        'race.halfway-reached': { actions: assign({ isHalfway: true }) },
        'race.completed': 'complete',
        'race.removed': 'removed',
      },
    },
    complete: {
      on: { ...fileChanges, 'race.became-incomplete': 'open', 'race.removed': 'removed' },
    },
    removed: {},
  },
})
