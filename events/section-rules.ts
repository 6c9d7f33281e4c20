import { z } from 'zod'

const name = z.string().min(1).max(64)
/** A glob over one name, whatever its case: `*` any text, `?` one character. */
const glob = z.string().min(1).max(200)
const globs = z.array(glob).max(200)
const atOnce = z.number().int().min(0).max(10_000).nullable()
const kibPerSecond = z.number().int().min(1).max(100_000_000).nullable()

/** What audio in a section has to be like. Empty lists and nulls ask nothing. */
const audioRules = z.object({
  /** Compared whatever their case. */
  genres: z.array(z.string().min(1).max(64)).max(500),
  bannedGenres: z.array(z.string().min(1).max(64)).max(500),
  yearFrom: z.number().int().min(1_000).max(9_999).nullable(),
  yearTo: z.number().int().min(1_000).max(9_999).nullable(),
  kbpsFrom: z.number().int().min(1).max(100_000).nullable(),
  kbpsTo: z.number().int().min(1).max(100_000).nullable(),
  /** `refuse`: the file is not taken. `warn`: it is, and everybody hears why not. */
  action: z.enum(['warn', 'refuse']),
})

/** The rules of one section of the site; glFTPd's directives in plain words. */
export const sectionRules = z.object({
  /**
   * `pre`: releases of one group before they are published: no credits, no statistics.
   * `requests`: what members ask for. `speedtest`: bytes are measured and thrown away.
   */
  purpose: z.enum(['releases', 'pre', 'requests', 'speedtest']),
  /** Whose pre section it is. */
  group: z.string().max(64).nullable(),
  /** Of a pre section: where its releases may be published, the first when nothing is said. */
  targets: z.array(name).max(50),

  /** A regular expression that a release's name has to fit (glFTPd: path-filter, dir_names). */
  releaseNames: z.string().max(500).nullable(),
  /** Names that nothing may have, files and directories. */
  bannedNames: globs,
  /** Names that files may have; empty: all (glFTPd: file_names). */
  fileNames: globs,
  /** Files that are there and that no listing shows (glFTPd: hidden_files). */
  hiddenFiles: globs,
  /** Files that nobody fetches (glFTPd: noretrieve). */
  unfetchableFiles: globs,

  /** No file before the sfv (pzs-ng: force_sfv_first); sfv, nfo, diz and directories may come. */
  isSfvFirst: z.boolean(),
  /** No file before the nfo. */
  isNfoFirst: z.boolean(),
  /** A second nfo in one folder is refused. */
  isOneNfo: z.boolean(),
  /** Releases without one show a marker. */
  wantsNfo: z.boolean(),
  wantsSample: z.boolean(),
  /** Zips are tested whole, and with a password refused. */
  testsZips: z.boolean(),
  audio: audioRules.nullable(),

  /** A name that a release had within so many days is a dupe; 0: none is. */
  dupeDays: z.number().int().min(0).max(36_500),
  /** So is a file whose name another release had; nfo, diz and the like are everywhere. */
  refusesFileDupes: z.boolean(),
  /** With less than this free on the disk no upload begins (glFTPd: free_space). */
  freeSpaceMib: z.number().int().min(0).max(100_000_000),

  /** Of one member, in this section. */
  uploadsAtOnce: atOnce,
  downloadsAtOnce: atOnce,
  uploadKibPerSecond: kibPerSecond,
  downloadKibPerSecond: kibPerSecond,

  /** `[NUKED]-%N`: what a nuked release is called, `%N` being its name (nukedir_style). */
  nukedName: z.string().max(100).regex(/%N/, 'has %N where the name goes'),
  nukeMultiplierMax: z.number().int().min(1).max(1_000),
  /** What its maker pays for a nuked directory without files (empty_nuke). */
  emptyNukeMib: z.number().int().min(0).max(1_000_000),
})

export type SectionRules = z.output<typeof sectionRules>
export type AudioRules = z.output<typeof audioRules>

/** The rules of a section for which none are set. */
export const DEFAULT_SECTION_RULES: SectionRules = {
  purpose: 'releases',
  group: null,
  targets: [],
  releaseNames: null,
  bannedNames: [],
  fileNames: [],
  hiddenFiles: [],
  unfetchableFiles: [],
  isSfvFirst: false,
  isNfoFirst: false,
  isOneNfo: false,
  wantsNfo: false,
  wantsSample: false,
  testsZips: true,
  audio: null,
  dupeDays: 0,
  refusesFileDupes: false,
  freeSpaceMib: 0,
  uploadsAtOnce: null,
  downloadsAtOnce: null,
  uploadKibPerSecond: null,
  downloadKibPerSecond: null,
  nukedName: '[NUKED]-%N',
  nukeMultiplierMax: 10,
  emptyNukeMib: 50,
}

/** Rules as they are, except for those that are said. */
export function withRules(
  rules: SectionRules,
  said: { readonly [R in keyof SectionRules]?: SectionRules[R] | undefined },
): SectionRules {
  const known = Object.entries(said).filter(([, value]) => value !== undefined)
  return { ...rules, ...Object.fromEntries(known) }
}
