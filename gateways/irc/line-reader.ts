import { LINE_BYTES, TAGS_BYTES } from '#gateways/irc/codec.ts'

/** What stands between two line ends. */
export type ReadLine =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'too-long' }
  /** The bytes are not UTF-8; `command` is what its first word seems to be. */
  | { readonly kind: 'invalid-utf8'; readonly command: string }

/** Gathers bytes into lines. It holds at most one line's bytes, however long the line is. */
export interface LineReader {
  push(bytes: Buffer): ReadLine[]
}

const LF = 0x0a
const AT = 0x40
const SPACE = 0x20
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function createLineReader(): LineReader {
  let held: Buffer = Buffer.alloc(0)
  /** The line under way is beyond any limit: its rest is thrown away. */
  let isDiscarding = false

  /** A full line's bytes, without the LF. */
  function finish(bytes: Buffer): ReadLine | undefined {
    if (isDiscarding) {
      isDiscarding = false
      return { kind: 'too-long' }
    }
    if (isTooLong(bytes)) return { kind: 'too-long' }
    return decode(bytes)
  }

  return {
    push(bytes) {
      const lines: ReadLine[] = []
      let from = 0
      for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
        const part = bytes.subarray(from, end)
        const line = finish(held.length > 0 ? Buffer.concat([held, part]) : part)
        held = Buffer.alloc(0)
        if (line) lines.push(line)
        from = end + 1
      }
      const rest = bytes.subarray(from)
      if (isDiscarding || held.length + rest.length > TAGS_BYTES + LINE_BYTES) {
        held = Buffer.alloc(0)
        isDiscarding = true
      } else if (rest.length > 0) {
        held = Buffer.concat([held, rest])
      }
      return lines
    },
  }
}

/** The tags have their own limit; the rest has 510 bytes without CR LF. */
function isTooLong(line: Buffer): boolean {
  const hasCr = line.at(-1) === 0x0d
  const length = hasCr ? line.length - 1 : line.length
  if (line[0] !== AT) return length > LINE_BYTES - 2
  const space = line.indexOf(SPACE)
  const tags = space < 0 ? length : space + 1
  return tags > TAGS_BYTES || length - tags > LINE_BYTES - 2
}

function decode(bytes: Buffer): ReadLine | undefined {
  try {
    const text = utf8.decode(bytes).replace(/[\r\0]/g, '')
    return text.trim() === '' ? undefined : { kind: 'line', text }
  } catch {
    const word = /^[A-Za-z]{1,16}/.exec(bytes.toString('latin1'))
    return { kind: 'invalid-utf8', command: word?.[0].toUpperCase() ?? '*' }
  }
}
