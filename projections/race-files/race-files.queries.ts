import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'

import type { ReleaseKind } from '#events/release-kind.ts'

import type { ReadModelTables } from '#projections/read-model-database.ts'
import type { RaceFile } from '#projections/read-models.ts'

/** The racers of a race, best first: more files, then more bytes, then less time, then the name. */
export function standingsOf(eb: ExpressionBuilder<ReadModelTables, never>, race: string) {
  return eb
    .selectFrom('race_racers')
    .where('race_id', '=', race)
    .where('files', '>', 0)
    .select(['member', 'group', 'files', 'size_bytes as sizeBytes', 'duration_ms as durationMs'])
    .orderBy('files', 'desc')
    .orderBy('size_bytes', 'desc')
    .orderBy('duration_ms')
    .orderBy('member')
}

/** The names in a release, in the order of their bytes. While one is uploaded, the upload shows. */
export function filesOf(eb: ExpressionBuilder<ReadModelTables, never>, race: string) {
  const isUploading = sql<boolean>`upload_id is not null`
  return eb
    .selectFrom('race_files')
    .where('race_id', '=', race)
    .select([
      'file',
      sql<RaceFile['state']>`case
        when upload_id is not null then 'uploading'
        when bad then 'bad'
        when accepted_at is null then 'missing'
        when expected_crc32 is null then 'unchecked'
        else 'ok' end`.as('state'),
      sql<string | null>`case when ${isUploading} then uploader else member end`.as('member'),
      sql<number>`case when ${isUploading} then 0 else size_bytes end`.as('sizeBytes'),
      sql<string | null>`case when ${isUploading} then null else crc32 end`.as('crc32'),
      'expected_crc32 as expectedCrc32',
      sql<number | null>`case when ${isUploading} then null else accepted_at end`.as('acceptedAt'),
    ])
    .orderBy('file')
}

/** Folders whose zips a diz counts. */
export function zipsOf(eb: ExpressionBuilder<ReadModelTables, never>, race: string) {
  return eb
    .selectFrom('race_zips')
    .where('race_id', '=', race)
    .select(['folder', 'expected_files as expectedFiles', 'files'])
    .orderBy('folder')
}

export function audioOf(eb: ExpressionBuilder<ReadModelTables, never>, race: string) {
  return eb
    .selectFrom('race_audio')
    .where('race_id', '=', race)
    .select(['artist', 'album', 'genre', 'year', 'codec', 'kbps', 'is_vbr as isVbr'])
    .select('sample_rate_hz as sampleRateHz')
}

/** As `kindOf` in events/release-kind.ts: the first of those that most names are of. */
export function kindColumn(progress: string): RawBuilder<ReleaseKind> {
  const of = (kind: string) => sql`coalesce(${sql.ref(`${progress}.${kind}_names`)}, 0)`
  const most = sql`greatest(${of('rar')}, ${of('zip')}, ${of('audio')}, ${of('video')})`
  return sql<ReleaseKind>`case
    when ${most} = 0 then 'OTHER'
    when ${of('rar')} = ${most} then 'RAR'
    when ${of('zip')} = ${most} then 'ZIP'
    when ${of('audio')} = ${most} then 'AUDIO'
    else 'VIDEO' end`
}
