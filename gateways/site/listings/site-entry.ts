/** One row of a listing. */
export interface SiteEntry {
  readonly name: string
  readonly kind: 'directory' | 'file' | 'link'
  readonly sizeBytes: number
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
  readonly owner: string
  readonly group: string
  /** It shows the state of a race, or is made up of it: nothing lies behind it on the disk. */
  readonly isStatus: boolean
  /** Permission bits, where somebody has set them. */
  readonly mode?: number
  /** Where a link leads. */
  readonly target?: string
  /** Of a status entry: the name of the entry beside it that it tells of. */
  readonly about?: string
  /** Paths below the folder that its content names: it is for those who may see them all. */
  readonly tellsOf?: readonly string[]
}

/** What a format has made of a listing. */
export interface Rendering {
  readonly bytes: Buffer
  readonly rows: number
  /** From then on the rows are written otherwise: dates change their form. */
  readonly goodUntil: number
}

export interface Listing {
  /** Sorted by name, status entries first. */
  readonly entries: readonly SiteEntry[]
  /**
   * What has been made of it, by a format's name. One listing is given to all who see the same
   * of a directory, for as long as it stays so: what is made for one is there for the others.
   */
  readonly renderings: Map<string, Rendering>
}

export function listingOf(entries: readonly SiteEntry[]): Listing {
  return { entries, renderings: new Map() }
}

/** What is hidden from those who do not ask for everything: the site's own dotfiles. */
export function isDotEntry({ isStatus, name }: SiteEntry): boolean {
  return isStatus && name.startsWith('.')
}
