import {
  bool,
  defineTable,
  int8,
  nullable,
  type RowOf,
  text,
} from '#projections/kernel/define-table.ts'

/** One row for each release that ever was: glFTPd's dirlog. It stays when the release has gone. */
export const releases = defineTable(
  'releases',
  {
    race_id: text,
    section: text,
    name: text,
    /** In lower case: what is searched and compared. */
    folded: text,
    maker: nullable(text),
    /** Of who brought its first file, or whose pre it was. */
    group: nullable(text),
    /** Here now. */
    files: int8,
    size_bytes: int8,
    /** Ever brought. */
    files_brought: int8,
    created_at: int8,
    /** Of its first fact; newer ones lie behind it. */
    created_position: int8,
    completed_at: nullable(int8),
    nuked: bool,
    published_at: nullable(int8),
    gone_at: nullable(int8),
    /** `removed` or `wiped`. */
    gone: nullable(text),
  },
  ['race_id'],
  [
    { name: 'releases_newest', on: '(created_position)' },
    { name: 'releases_section', on: '(section, created_position)' },
    // A hash takes names of any length; a btree refuses rows above 2,704 bytes.
    { name: 'releases_folded', on: '(folded)', using: 'hash' },
  ],
)

/** One row for each file of a release that ever was: glFTPd's dupe files. */
export const releaseFiles = defineTable(
  'release_files',
  {
    race_id: text,
    /** Path below the release. */
    file: text,
    /** Its last name in lower case. */
    folded: text,
    member: nullable(text),
    size_bytes: int8,
    brought_at: int8,
    brought_position: int8,
    /** `here`, `bad`, `deleted`, `wiped` or `lost`. */
    state: text,
  },
  ['race_id', 'file'],
  [
    { name: 'release_files_newest', on: '(brought_position)' },
    { name: 'release_files_folded', on: '(folded)', using: 'hash' },
  ],
)

/** What has been said of a name since: that it is no dupe, or that it is one. */
export const dupeMarks = defineTable(
  'dupe_marks',
  {
    /** `release` or `file`. */
    of: text,
    folded: text,
    name: text,
    is_dupe: bool,
    by: nullable(text),
    at: int8,
    /** What is brought behind it is a dupe again. */
    position: int8,
  },
  ['of', 'folded'],
)

export interface ReleasesTables {
  releases: RowOf<typeof releases.columns>
  release_files: RowOf<typeof releaseFiles.columns>
  dupe_marks: RowOf<typeof dupeMarks.columns>
}
