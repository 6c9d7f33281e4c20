import { isUtf8 } from 'node:buffer'

import type { Reply } from '#gateways/ftp/replies.ts'

/** What a client sent: one line of it. */
export type FtpLine =
  | { readonly kind: 'command'; readonly verb: string; readonly argument: string }
  /** Longer than the limit; its bytes are gone. */
  | { readonly kind: 'too-long' }
  /** Not UTF-8, which RFC 2640 section 3 asks for. */
  | { readonly kind: 'garbage' }

export interface LineDecoder {
  /** The lines that the bytes complete. */
  push(bytes: Buffer): FtpLine[]
}

export const LINE_BYTES = 4_096

const LF = 0x0a
const CR = 0x0d

/** Splits a control connection into lines, keeping what is not yet a whole one. */
export function createLineDecoder(maxBytes = LINE_BYTES): LineDecoder {
  let kept: Buffer[] = []
  let keptBytes = 0
  let isSkipping = false
  /** ABOR has ended without its line feed, which may come yet. */
  let isAborted = false

  const take = (part: Buffer): FtpLine => {
    const line = kept.length > 0 ? Buffer.concat([...kept, part]) : part
    kept = []
    keptBytes = 0
    return decodeLine(line)
  }

  return {
    push(bytes) {
      const lines: FtpLine[] = []
      let start = 0
      while (start < bytes.length) {
        const end = bytes.indexOf(LF, start)
        let part = bytes.subarray(start, end < 0 ? bytes.length : end)
        if (!isSkipping && keptBytes < ABORT_BYTES) {
          if (keptBytes > 0) part = Buffer.concat([...kept, part])
          kept = []
          keptBytes = 0
          for (let abort = urgentAbortIn(part); abort > 0; abort = urgentAbortIn(part)) {
            if (abort === part.length && end >= 0) break
            lines.push(decodeLine(part.subarray(0, abort)))
            part = part.subarray(abort)
            isAborted = part.length === 0
          }
        }
        const isTooLong = keptBytes + part.length > maxBytes
        if (isTooLong && !isSkipping) lines.push({ kind: 'too-long' })
        if (isTooLong || isSkipping) {
          kept = []
          keptBytes = 0
          isSkipping = end < 0
        } else if (end < 0) {
          // A copy: a slice would keep the whole chunk that it came in.
          if (part.length > 0) kept.push(Buffer.from(part))
          keptBytes += part.length
        } else if (isAborted && keptBytes + part.length === 0) {
          isAborted = false
        } else {
          isAborted = false
          lines.push(take(part))
        }
        if (end < 0) break
        start = end + 1
      }
      return lines
    },
  }
}

/**
 * Some clients, Python's ftplib among them, send the whole of ABOR as urgent data. The system
 * takes the last byte of that out of the stream, which is the line feed. So ABOR is whole with
 * its carriage return, whatever follows. How many bytes it has, 0 where there is none.
 */
function urgentAbortIn(line: Buffer): number {
  const end = line.subarray(0, ABORT_BYTES).indexOf(CR)
  return end >= 0 && stripTelnet(line.subarray(0, end)).equals(ABOR) ? end + 1 : 0
}

const ABOR = Buffer.from('ABOR')
/** With telnet's commands before it. */
const ABORT_BYTES = 16

function decodeLine(line: Buffer): FtpLine {
  const end = line.at(-1) === CR ? line.length - 1 : line.length
  const bytes = stripTelnet(line.subarray(0, end))
  if (!isUtf8(bytes)) return { kind: 'garbage' }
  const text = bytes.toString('utf8')
  const space = text.indexOf(' ')
  const verb = space < 0 ? text : text.slice(0, space)
  return {
    kind: 'command',
    verb: verb.toUpperCase(),
    argument: space < 0 ? '' : text.slice(space + 1),
  }
}

const IAC = 0xff
const WILL = 0xfb
const DONT = 0xfe
const INTERRUPT_PROCESS = 0xf4
const DATA_MARK = 0xf2

/**
 * Telnet's commands (RFC 854) are taken out: clients put IAC IP IAC DM before ABOR, as RFC 959
 * section 4.1.3 says. Part of it goes as urgent data, which the system may drop, so that
 * IP or DM may stand alone; no UTF-8 text has them without a continuation byte after.
 */
function stripTelnet(bytes: Buffer): Buffer {
  if (!bytes.some((byte) => byte >= DATA_MARK)) return bytes
  const kept: number[] = []
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    const next = bytes[at + 1] ?? 0
    if (byte === IAC) {
      if (next >= WILL && next <= DONT) at += 2
      else if (next >= 0xf0) at += 1
      continue
    }
    const isLone = (next & 0xc0) !== 0x80
    if ((byte === INTERRUPT_PROCESS || byte === DATA_MARK) && isLone) continue
    kept.push(byte)
  }
  return Buffer.from(kept)
}

/** The client wants what is under way to end. */
export function isAbort(line: FtpLine): boolean {
  return line.kind === 'command' && line.verb === 'ABOR'
}

/** RFC 959 section 4.2: `NNN text`, or `NNN-text`, lines, `NNN text`. */
export function encodeReply({ code, lines, between: body, isMore }: Reply): Buffer {
  if (isMore) return Buffer.from(lines.map((line) => `${code}-${oneLine(line)}\r\n`).join(''))
  const last = lines.at(-1) ?? ''
  if (body) {
    const first = Buffer.from(`${code}-${oneLine(lines[0] ?? '')}\r\n`)
    return Buffer.concat([first, body, Buffer.from(`${code} ${oneLine(last)}\r\n`)])
  }
  if (lines.length <= 1) return Buffer.from(`${code} ${oneLine(last)}\r\n`)
  const first = `${code}-${oneLine(lines[0]!)}\r\n`
  const between = lines.slice(1, -1).map((line) => `${betweenLine(line)}\r\n`)
  return Buffer.from(`${first}${between.join('')}${code} ${oneLine(last)}\r\n`)
}

/** A line that starts with digits could be taken for the reply's end: RFC 959 has it indented. */
function betweenLine(line: string): string {
  return /^\d/.test(line) ? ` ${oneLine(line)}` : oneLine(line)
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+/g, ' ')
}

/** RFC 959 appendix II: a quote in a path name is doubled. */
export function quotePath(path: string): string {
  return `"${path.replaceAll('"', '""')}"`
}
