import { defineProjection } from '#projections/kernel/define-projection.ts'
import { put, update } from '#projections/kernel/writes.ts'
import { nukees, nukes } from '#projections/nukes/nukes.tables.ts'
import { idOf } from '#projections/stream-id.ts'

export const nukesProjection = defineProjection({
  name: 'nukes',
  version: 1,
  tables: [nukes, nukees],
  on: {
    'race.nuked': (fact) => {
      const { id: nuke, position, meta, data } = fact
      const sumOf = (figure: 'files' | 'sizeBytes') =>
        data.nukees.reduce((sum, each) => sum + each[figure], 0)
      return [
        put(nukes, {
          race_id: idOf(fact),
          nuke,
          name: data.name,
          nuker: meta.by ?? '',
          at: meta.at,
          position,
          multiplier: data.multiplier,
          reason: data.reason,
          files: sumOf('files'),
          size_bytes: sumOf('sizeBytes'),
          unnuker: null,
          unnuked_at: null,
          unnuked_position: null,
          unnuke_reason: null,
        }),
        ...data.nukees.map(({ member, group, files, sizeBytes: size_bytes }) =>
          put(nukees, { nuke, member, group, files, size_bytes }),
        ),
        ...(data.empty
          ? [put(nukees, { nuke, member: data.empty.member, group: '', files: 0, size_bytes: 0 })]
          : []),
      ]
    },
    'race.unnuked': (fact) => [
      update(
        nukes,
        { race_id: idOf(fact), nuke: fact.data.nuke },
        {
          unnuker: fact.meta.by ?? '',
          unnuked_at: fact.meta.at,
          unnuked_position: fact.position,
          unnuke_reason: fact.data.reason,
        },
      ),
    ],
  },
})
