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
  /** The name was here before, by the section's rules: field `release`. */
  releaseDupe: 'release-dupe',
  /** Field `file`. */
  fileDupe: 'file-dupe',
  /** No such name was ever here, as far as the caller may know. */
  noSuchDupe: 'no-such-dupe',
  /** Nuked, wiped and published is a release as a whole. */
  notARelease: 'not-a-release',
  /** Field `limit`. */
  multiplierTooHigh: 'multiplier-too-high',
  /** What a group has not published yet is not nuked. */
  notPublished: 'not-published',
  /** The release is in no group's pre section. */
  notAPreSection: 'not-a-pre-section',
  /** The group does not publish there: field `targets`. */
  noSuchTarget: 'no-such-target',
  /** Less is free on the disk than the section wants. */
  noSpace: 'no-space',
  /** The moment asked about is before the site's first fact. */
  beforeTheSite: 'before-the-site',
  /** Nothing of a section that has files is on the disk. Field `section`. */
  diskNotThere: 'disk-not-there',
} as const
