/** Where something lies on the site: section, release and the parts below, already checked. */
export type SiteLocation = readonly string[]

/** The bytes of one upload until they are accepted. */
export interface StagedName {
  readonly race: string
  readonly uploadId: string
}

/** A staged file, open for writing at its end. */
export interface StagedFile {
  /**
   * Where `write` writes, for whoever can do that without this process's event loop; all of the
   * file's bytes then come that way. Undefined where `write` alone will do.
   */
  readonly descriptor?: number
  /**
   * Takes a chunk, which must not change afterwards. The answer is there when so much waits
   * for the disk that the sender should wait too. Rejects with `DiskTrouble`.
   */
  write(chunk: Buffer): Promise<void> | undefined
  /** Resolves when all bytes are with the disk: beyond a power cut when durability is `fsync`. */
  finish(): Promise<void>
  /** Closes the file as it is. Never rejects: what was wrong with it no longer matters. */
  close(): Promise<void>
}

/** A file of the site, open for reading. */
export interface SiteFile {
  readonly sizeBytes: number
  /** Where `read` reads, in the same way. */
  readonly descriptor?: number
  /** Fills the buffer from `position`; resolves with how many bytes there were. */
  read(buffer: Buffer, position: number): Promise<number>
  close(): Promise<void>
}

export interface SiteFileStat {
  readonly sizeBytes: number
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
}

export interface DiskSpace {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** What lies in a directory; of anything but a file the size and the time say nothing. */
export interface DiskEntry extends SiteFileStat {
  readonly name: string
  /** `other`: a device, a pipe, a socket, or a name that is no UTF-8. */
  readonly kind: 'file' | 'directory' | 'link' | 'other'
}

/**
 * A change to the site whose fact is recorded or about to be, kept until the disk has followed.
 * What a path belongs to now, its race knows: the release may have been renamed since.
 */
export type SiteIntent = { readonly race: string } & (
  | { readonly kind: 'make-release'; readonly section: string; readonly release: string }
  | {
      readonly kind: 'rename-release'
      readonly section: string
      readonly from: string
      readonly to: string
    }
  | { readonly kind: 'remove-release'; readonly section: string; readonly release: string }
  /** It gets the name of a nuked release, or that of before; both names may be the same. */
  | {
      readonly kind: 'rename-nuked'
      readonly section: string
      readonly from: string
      readonly to: string
      readonly isNuked: boolean
    }
  /** Out of one section and into another. */
  | {
      readonly kind: 'publish-release'
      readonly from: string
      readonly to: string
      readonly release: string
    }
  | { readonly kind: 'make-directory'; readonly path: string }
  | { readonly kind: 'remove-directory'; readonly path: string }
  | { readonly kind: 'delete-file'; readonly path: string }
  | { readonly kind: 'rename-file'; readonly from: string; readonly to: string }
)

export interface KeptIntent {
  readonly id: string
  readonly intent: SiteIntent
}

export interface StagedLeftover extends StagedName, SiteFileStat {}

/**
 * The site's bytes. It knows no rules: what may be there is for the actors to say.
 *
 * Errors: `DiskTrouble` for a disk that is full, read-only or broken. Nothing outside the site
 * is ever opened: a location with a symlink on its way is as good as absent.
 */
export interface SiteFiles {
  /** Creates an empty staged file. */
  stage(name: StagedName): Promise<StagedFile>
  /** Gives the bytes of an earlier upload a second name; a change by one may show in both. */
  restage(from: StagedName, to: StagedName): Promise<void>
  /** Opens a staged file to go on at `sizeBytes`, cutting what lies beyond. */
  reopen(name: StagedName, sizeBytes: number): Promise<StagedFile>
  /** Where the bytes lie, for the operator's own programs. */
  stagedPath(name: StagedName): string
  openStaged(name: StagedName): Promise<SiteFile | undefined>
  statStaged(name: StagedName): Promise<SiteFileStat | undefined>
  /** Moves a staged file to its place, over what may be there. False when it is not staged. */
  place(name: StagedName, location: SiteLocation): Promise<boolean>
  discard(name: StagedName): Promise<void>
  staged(): Promise<readonly StagedLeftover[]>

  /** Whether it waits to be placed, here or at another process of the same folder. */
  isStagedAnywhere(name: StagedName): Promise<boolean>

  open(location: SiteLocation): Promise<SiteFile | undefined>
  stat(location: SiteLocation): Promise<SiteFileStat | undefined>
  /**
   * What lies in a directory, links as links; of the site itself where the location has no part.
   * Undefined where there is none.
   */
  list(location: SiteLocation): Promise<readonly DiskEntry[] | undefined>
  /** Sets the time of a file. False where there is none. */
  setTime(location: SiteLocation, modifiedAt: number): Promise<boolean>
  /**
   * Sets the permission bits of a file or directory. The server keeps what it needs itself, and
   * nobody else at the machine gets to write. False where there is none.
   */
  setMode(location: SiteLocation, mode: number): Promise<boolean>
  /** Makes a directory and those above it. One that is there already will do. */
  makeDirectory(location: SiteLocation): Promise<void>
  /** Removes what lies there, with all below it. Nothing there will do. */
  remove(location: SiteLocation): Promise<void>
  /** Moves a file or directory. Does nothing when `from` is not there. */
  move(from: SiteLocation, to: SiteLocation): Promise<void>

  /** Of the disk that the site lies on: what is free for the server, and all there is. */
  space(): Promise<DiskSpace>

  /** Keeps it whole, or rejects and leaves nothing. */
  keepIntent(id: string, intent: SiteIntent): Promise<void>
  dropIntent(id: string): Promise<void>
  intents(): Promise<readonly KeptIntent[]>
  /** Removes what a crash has left of intents that were not whole yet: for start-up alone. */
  sweepIntents(): Promise<void>
}

export type DiskProblem = 'full' | 'read-only' | 'failed'

/** The disk did not do what was asked. */
export class DiskTrouble extends Error {
  readonly code = 'disk-trouble'
  readonly problem: DiskProblem

  constructor(problem: DiskProblem, cause: unknown) {
    super(`the disk of the site is ${problem === 'failed' ? 'failing' : problem}`, { cause })
    this.problem = problem
  }
}
