/** Why the site says no, besides the refusals of its sections and races. */
export const SITE_REFUSALS = {
  invalidName: 'invalid-site-name',
  noSuchPath: 'no-such-path',
  pathExists: 'path-exists',
  notAFile: 'not-a-file',
  notADirectory: 'not-a-directory',
  /** Sections are made by those who run the site. */
  sectionsAreFixed: 'sections-are-fixed',
  /** Files belong to a release: a section has directories alone. */
  filesNeedRelease: 'files-need-release',
  /** The name shows the state of a race: there is nothing behind it. */
  statusEntry: 'status-entry',
  /** A resumed upload starts beyond what has been kept of it, or by another member. */
  invalidOffset: 'invalid-offset',
  /** A name cannot move to another release or section. */
  moveAcross: 'move-across',
  /** The file does not match what the release's sfv says of it. Fields `reason`, `crc32`. */
  fileRejected: 'file-rejected',
  sfvTooLong: 'sfv-too-long',
  /** As many as the member may have at a time. Fields `direction`, `running`, `limit`. */
  tooManyTransfers: 'too-many-transfers',
} as const
