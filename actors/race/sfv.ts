import { isPlainKey } from '#events/records.ts'

/** A file that an sfv lists, with its CRC32 as 8 lower-case hex digits. */
export type SfvEntry = [file: string, crc32: string]

/** More files than this no release has; a longer list is not an sfv. */
export const SFV_ENTRIES = 5_000

/** Of all names together, so that the list fits into one fact. */
const LIST_CHARACTERS = 200_000

/** The limits that an upload's name has: a name beyond them could never arrive. */
const PART_BYTES = 255
const PATH_CHARACTERS = 512
const CRC32 = /^[0-9a-fA-F]{8}$/
const CRC32_DIGITS = 8

/**
 * Reads the text of an sfv: `name CRC32` on each line, `;` before comments, CR LF or LF.
 * Names are relative to the sfv's own folder and come back below `folder` (`''` for the
 * release itself). Undefined when there is no entry, too many, or a line that is none.
 */
export function parseSfv(text: string, folder: string): SfvEntry[] | undefined {
  const entries = new Map<string, string>()
  let characters = 0
  for (const raw of text.replace(/^\uFEFF/, '').split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith(';')) continue
    const entry = parseLine(line, folder)
    if (!entry) return undefined
    entries.set(...entry)
    characters += entry[0].length
    if (entries.size > SFV_ENTRIES || characters > LIST_CHARACTERS) return undefined
  }
  return entries.size === 0 ? undefined : [...entries]
}

/** Taken apart from its end, without a pattern that could search for long. */
function parseLine(line: string, folder: string): SfvEntry | undefined {
  const crc32 = line.slice(-CRC32_DIGITS)
  const rest = line.slice(0, -CRC32_DIGITS)
  const written = rest.trimEnd()
  if (!CRC32.test(crc32) || written === '' || written.length === rest.length) return undefined
  const name = relativeName(written)
  if (name === undefined) return undefined
  const path = folder === '' ? name : `${folder}/${name}`
  return path.length > PATH_CHARACTERS ? undefined : [path, crc32.toLowerCase()]
}

/** The name with `/` between its parts, or undefined when it could not be a file's. */
function relativeName(written: string): string | undefined {
  if (written.length > PATH_CHARACTERS || CONTROL.test(written)) return undefined
  const parts = written.normalize('NFC').replaceAll('\\', '/').split('/')
  return parts.every(isName) ? parts.join('/') : undefined
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

function isName(part: string): boolean {
  if (part === '' || part === '.' || part === '..') return false
  return isPlainKey(part) && Buffer.byteLength(part) <= PART_BYTES
}
