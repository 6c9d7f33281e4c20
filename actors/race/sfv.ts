/** A file that an sfv lists, with its CRC32 as 8 lower-case hex digits. */
export type SfvEntry = [file: string, crc32: string]

/** More files than this no release has; a longer list is not an sfv. */
export const SFV_ENTRIES = 5_000

const LINE = /^(.+?)\s+([0-9a-fA-F]{8})$/

/**
 * Reads the text of an sfv: `name CRC32` on each line, `;` before comments, CR LF or LF.
 * Names are relative to the sfv's own folder and come back below `folder` (`''` for the
 * release itself). Undefined when there is no entry, too many, or a line that is none.
 */
export function parseSfv(text: string, folder: string): SfvEntry[] | undefined {
  const entries = new Map<string, string>()
  for (const raw of text.replace(/^\uFEFF/, '').split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith(';')) continue
    const match = LINE.exec(line)
    if (!match) return undefined
    const name = relativeName(match[1]!)
    if (name === undefined) return undefined
    entries.set(folder === '' ? name : `${folder}/${name}`, match[2]!.toLowerCase())
    if (entries.size > SFV_ENTRIES) return undefined
  }
  return entries.size === 0 ? undefined : [...entries]
}

/** The name with `/` between its parts, or undefined when it would leave the folder. */
function relativeName(written: string): string | undefined {
  const parts = written.normalize('NFC').replaceAll('\\', '/').split('/')
  const isInside = parts.every((part) => part !== '' && part !== '.' && part !== '..')
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return isInside && !/[\u0000-\u001f\u007f]/.test(written) ? parts.join('/') : undefined
}
