import { Refusal } from '#events/refusal.ts'
import type { ReadableFile } from '#gateways/site/transfers/reading.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

import type { CommandSession, CommandTable, FtpCommand } from '#gateways/ftp/command.ts'
import { type HashName, hashOf } from '#gateways/ftp/transfers/file-hash.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'

/** draft-bryan-ftpext-hash, and the commands that its appendix B collects from servers. */
export const checksumCommands: CommandTable = {
  HASH: {
    needsLogin: true,
    minParams: 1,
    help: 'HASH <path>: by the algorithm that OPTS HASH has chosen, of what RANG has chosen',
    async run(session, argument) {
      const { hashName, range } = session.state
      session.state.range = undefined
      const file = await session.site.readable(session.caller(), session.path(argument))
      const from = range?.first ?? 0
      const to = Math.min(range ? range.last + 1 : file.sizeBytes, file.sizeBytes)
      return await computed(session, file, hashName, { from, to }, (sum) =>
        reply(213, `${hashName} ${from}-${Math.max(from, to - 1)} ${sum} ${argument}`),
      )
    },
  },
  XCRC: checksum('XCRC', 'CRC32'),
  XMD5: checksum('XMD5', 'MD5'),
  XSHA: checksum('XSHA', 'SHA-1'),
  XSHA1: checksum('XSHA1', 'SHA-1'),
  XSHA256: checksum('XSHA256', 'SHA-256'),
  XSHA512: checksum('XSHA512', 'SHA-512'),
}

function checksum(verb: string, name: HashName): FtpCommand {
  return {
    needsLogin: true,
    minParams: 1,
    help: `${verb} "<path>" [<first byte> [<byte after the last>]]`,
    async run(session, argument) {
      const asked = await askedFor(session, argument)
      if (!asked) return reply(501, `${verb} takes a path in quotes and two numbers of bytes.`)
      const { file, from, to } = asked
      return await computed(session, file, name, { from, to }, (sum) => reply(250, sum))
    },
  }
}

interface Span {
  readonly from: number
  /** Not included. */
  readonly to: number
}

/** Answers without reading where the race knows the checksum. */
async function computed(
  session: CommandSession,
  file: ReadableFile,
  name: HashName,
  span: Span,
  answer: (sum: string) => Reply,
): Promise<Reply> {
  const { sizeBytes } = file
  // A file of no bytes has a checksum too.
  const isInFile = span.from <= span.to && (span.from < sizeBytes || sizeBytes === 0)
  if (!isInFile) return reply(554, `The file has ${sizeBytes} bytes.`)
  const isWhole = span.from === 0 && span.to === sizeBytes
  if (name === 'CRC32' && isWhole) return answer(file.crc32)
  const sum = await session.policies.hash(async () => {
    const content = await file.open()
    try {
      return await hashOf(content, name, span, () => session.isEnding)
    } finally {
      await content.close()
    }
  })
  if (sum === undefined) return reply(450, 'Too many checksums are being computed: try again.')
  return answer(sum)
}

const QUOTED = /^"((?:[^"]|"")*)"(?:\s+(\d{1,15}))?(?:\s+(\d{1,15}))?\s*$/
const BARE = /^(.*\S)\s+(\d{1,15})\s*$/

/**
 * The path is in quotes, a quote in it doubled, or bare: then numbers after it belong to its name
 * when there is such a file.
 */
async function askedFor(session: CommandSession, argument: string) {
  const text = argument.trim()
  if (text.startsWith('"')) {
    const [, path, from, to] = QUOTED.exec(text) ?? []
    if (path === undefined) return undefined
    return spanOf(await fileAt(session, path.replaceAll('""', '"')), from, to)
  }
  const [, once, last] = BARE.exec(text) ?? []
  const [, twice, first] = BARE.exec(once ?? '') ?? []
  const readings = [[text], [once, last], [twice, first, last]] as const
  let refusal: unknown
  for (const [path, from, to] of readings) {
    if (path === undefined) continue
    try {
      return spanOf(await fileAt(session, path), from, to)
    } catch (cause) {
      const isAbsent = cause instanceof Refusal && cause.code === SITE_REFUSALS.noSuchPath
      if (!isAbsent) throw cause
      refusal ??= cause
    }
  }
  throw refusal
}

function fileAt(session: CommandSession, path: string): Promise<ReadableFile> {
  return session.site.readable(session.caller(), session.path(path))
}

function spanOf(file: ReadableFile, from = '0', to = String(file.sizeBytes)) {
  return { file, from: Number(from), to: Math.min(Number(to), file.sizeBytes) }
}
