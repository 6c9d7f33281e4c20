import type { Fact } from '#events/fact.ts'

import {
  defineProjection,
  type Partition,
  partition,
  type View,
} from '#projections/kernel/define-projection.ts'
import { increment, put, remove, type Write } from '#projections/kernel/writes.ts'
import { memberTotals, memberUploads } from '#projections/member-totals/member-totals.tables.ts'
import { periodStarts } from '#projections/member-totals/period-starts.ts'
import { idOf } from '#projections/stream-id.ts'

interface Figures {
  readonly files: number
  readonly size_bytes: number
  readonly duration_ms: number
}

export const memberTotalsProjection = defineProjection({
  name: 'member-totals',
  version: 2,
  tables: [memberTotals, memberUploads],
  reads: {
    'race.file-deleted': uploadsOfRace,
    'race.file-marked-bad': uploadsOfRace,
    'race.file-renamed': uploadsOfRace,
  },
  on: {
    'connection.file-sent': (fact) => {
      const { by, at } = fact.meta
      if (by === null) return []
      const { sizeBytes, durationMs, isWhole } = fact.data
      const figures = {
        files: isWhole ? 1 : 0,
        size_bytes: sizeBytes,
        duration_ms: Math.round(durationMs),
      }
      return total(by, 'down', at, figures)
    },
    'race.file-accepted': (fact) => {
      const { by, at } = fact.meta
      if (by === null) return []
      const { file, sizeBytes, durationMs } = fact.data
      const figures = { size_bytes: sizeBytes, duration_ms: Math.round(durationMs) }
      return [
        put(memberUploads, { race_id: idOf(fact), file, member: by, at, ...figures }),
        ...total(by, 'up', at, { files: 1, ...figures }),
      ]
    },
    'race.file-deleted': (fact, view) => takeBack(fact, view, fact.data.file),
    'race.file-marked-bad': (fact, view) => takeBack(fact, view, fact.data.file),
    'race.file-renamed': (fact, view) => {
      const upload = findUpload(fact, view, fact.data.from)
      if (!upload) return []
      const { race_id, file } = upload
      return [
        remove(memberUploads, { race_id, file }),
        put(memberUploads, { ...upload, file: fact.data.to }),
      ]
    },
  },
})

function uploadsOfRace(fact: Fact): readonly Partition[] {
  return [partition(memberUploads, idOf(fact))]
}

function findUpload(fact: Fact, view: View, file: string) {
  return view.rows(memberUploads, idOf(fact)).find((upload) => upload.file === file)
}

/** A bad file is taken back when it is found out; its later deletion finds no upload. */
function takeBack(fact: Fact, view: View, name: string): readonly Write[] {
  const upload = findUpload(fact, view, name)
  if (!upload) return []
  const { race_id, file, member, at, size_bytes, duration_ms } = upload
  const figures = { files: -1, size_bytes: -size_bytes, duration_ms: -duration_ms }
  return [remove(memberUploads, { race_id, file }), ...total(member, 'up', at, figures)]
}

function total(member: string, direction: 'up' | 'down', at: number, figures: Figures): Write[] {
  const none = { files: 0, size_bytes: 0, duration_ms: 0 }
  return Object.entries(periodStarts(at)).map(([period, starts_at]) =>
    increment(memberTotals, { member, direction, period, starts_at }, { ...figures }, none),
  )
}
