/** Of a path below a release: the folder that it lies in, `''` for the release itself. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** The last name of a path. */
export function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
