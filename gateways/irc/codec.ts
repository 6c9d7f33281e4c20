/**
 * The bytes of IRC: lines in, messages out, and back. Pure.
 *
 * Sources: modern.ircdocs.horse "Message Format"; IRCv3 message-tags.
 */
export type Tags = Readonly<Record<string, string>>

/** One message; `params` holds the trailing parameter last. */
export interface IrcMessage {
  readonly tags?: Tags
  /** `nick!user@host` or a server's name, without the colon. */
  readonly source?: string
  /** In upper case when it was decoded. */
  readonly command: string
  readonly params: readonly string[]
}

/** Bytes of a line with its CR LF, tags apart (RFC 1459 section 2.3). */
export const LINE_BYTES = 512
/** Bytes of the tags of a line, `@` and space included (IRCv3 message-tags). */
export const TAGS_BYTES = 8191
/** RFC 1459 section 2.3: up to 15 parameters. */
const MAX_PARAMS = 15

/** Decodes one line without its line end; undefined when there is no command in it. */
export function decodeMessage(line: string): IrcMessage | undefined {
  const tags = /^@([^ ]*) +/.exec(line)
  let rest = tags ? line.slice(tags[0].length) : line
  const source = /^:([^ ]*) +/.exec(rest)
  if (source) rest = rest.slice(source[0].length)
  const { words, trailing } = splitTrailing(rest)
  const [command, ...params] = words
  if (!command) return undefined
  if (trailing !== undefined) params.push(trailing)
  return {
    ...(tags && { tags: decodeTags(tags[1]!) }),
    ...(source && { source: source[1]! }),
    command: command.toUpperCase(),
    params: params.slice(0, MAX_PARAMS),
  }
}

function splitTrailing(text: string): { words: string[]; trailing: string | undefined } {
  const colon = text.startsWith(':') ? 0 : text.indexOf(' :')
  const head = colon < 0 ? text : text.slice(0, colon)
  const trailing = colon < 0 ? undefined : text.slice(colon === 0 ? 1 : colon + 2)
  return { words: head.split(' ').filter((word) => word !== ''), trailing }
}

/**
 * Encodes a message without CR LF, at most 510 bytes long without its tags. Whatever the
 * parameters hold, the result is one line: line ends in them become spaces, NUL goes, and one
 * that is not a single word and does not stand last becomes `*`.
 */
export function encodeMessage({ tags, source, command, params }: IrcMessage): string {
  const parts = source === undefined ? [command] : [`:${source}`, command]
  for (const [index, param] of params.entries()) {
    const text = asOneLine(param)
    const isWord = text !== '' && !text.startsWith(':') && !text.includes(' ')
    if (index < params.length - 1) parts.push(isWord ? text : '*')
    else parts.push(isWord && !HAS_TEXT.has(command) ? text : `:${text}`)
  }
  const body = cutBytes(parts.join(' '), LINE_BYTES - 2)
  return tags && Object.keys(tags).length > 0 ? `@${encodeTags(tags)} ${body}` : body
}

/** Their last parameter is words for people: the colon stands there even before a single word. */
const HAS_TEXT = new Set(['PRIVMSG', 'NOTICE', 'TOPIC', 'QUIT', 'PART', 'ERROR', 'PONG', '353'])

const ESCAPES: Readonly<Record<string, string>> = {
  ';': '\\:',
  ' ': '\\s',
  '\\': '\\\\',
  '\r': '\\r',
  '\n': '\\n',
}
const UNESCAPES: Readonly<Record<string, string>> = {
  ':': ';',
  s: ' ',
  '\\': '\\',
  r: '\r',
  n: '\n',
}

function encodeTags(tags: Tags): string {
  return Object.entries(tags)
    .map(([key, value]) => {
      const escaped = value.replaceAll('\0', '').replace(/[; \\\r\n]/g, (each) => ESCAPES[each]!)
      return escaped === '' ? key : `${key}=${escaped}`
    })
    .join(';')
}

function decodeTags(text: string): Tags {
  const tags: Record<string, string> = Object.create(null)
  for (const item of text.split(';')) {
    if (item === '') continue
    const equals = item.indexOf('=')
    const key = equals < 0 ? item : item.slice(0, equals)
    const value = equals < 0 ? '' : item.slice(equals + 1)
    tags[key] = value.replace(/\\(.?)/g, (_, each: string) => UNESCAPES[each] ?? each)
  }
  return tags
}

/** ASCII case mapping, as `CASEMAPPING=ascii` promises. */
export function foldCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Text that can stand in one line: line ends become spaces, NUL goes. */
export function asOneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replaceAll('\0', '')
}

/** Cuts text into parts of at most so many bytes as UTF-8, never inside a character. */
export function splitByBytes(text: string, bytes: number): string[] {
  const parts: string[] = []
  let part = ''
  let size = 0
  for (const character of text) {
    const width = Buffer.byteLength(character)
    if (size + width > bytes && part !== '') {
      parts.push(part)
      part = ''
      size = 0
    }
    part += character
    size += width
  }
  if (part !== '' || parts.length === 0) parts.push(part)
  return parts
}

/** The longest beginning of a text that has at most so many bytes as UTF-8. */
function cutBytes(text: string, bytes: number): string {
  return text.length * 3 <= bytes ? text : splitByBytes(text, bytes)[0]!
}

/** Cuts text to at most so many characters, not inside a surrogate pair. */
export function cutCharacters(text: string, characters: number): string {
  if (text.length <= characters) return text
  const isPair = /[\ud800-\udbff]/.test(text[characters - 1]!)
  return text.slice(0, isPair ? characters - 1 : characters)
}
