/** Where the facts of a log are in NATS, and which stream keeps them. */
export interface FactPlace {
  readonly stream: string
  /** The first tokens of every subject. */
  readonly prefix: string
}

export const FACT_PLACE: FactPlace = { stream: 'veza-facts', prefix: 'veza.facts' }

/** A name without a dash has no id; an id, a kind or a part of a type may also be empty. */
const NO_ID = '%'
const EMPTY = '%-'
/** A type of another program's may be longer than a subject can be (4,096 bytes a line). */
const CUT = '%~'
const TYPE_CHARACTERS = 1_000

/**
 * `<prefix>.<kind>.<id>.<type>`; the dots of the type part it into tokens, so that
 * `veza.facts.race.*.race.completed` and `veza.facts.*.*.race.>` are subscriptions. What a token
 * cannot carry, or what means something in a subject, is written as `%` and two hexadecimal
 * digits a byte, as in a URL.
 */
export function subjectOf(prefix: string, stream: string, type: string): string {
  const dash = stream.indexOf('-')
  const kind = dash < 0 ? stream : stream.slice(0, dash)
  const id = dash < 0 ? NO_ID : escapeToken(stream.slice(dash + 1))
  const escaped = type.split('.').map(escapeToken).join('.')
  return `${prefix}.${escapeToken(kind)}.${id}.${escaped.length > TYPE_CHARACTERS ? CUT : escaped}`
}

/** The reverse; undefined for a subject of another form. The type is undefined where it was cut. */
export function placeOfSubject(
  prefix: string,
  subject: string,
): { stream: string; type: string | undefined } | undefined {
  if (!subject.startsWith(`${prefix}.`)) return undefined
  const [kind, id, ...type] = subject.slice(prefix.length + 1).split('.')
  if (kind === undefined || id === undefined || type.length === 0) return undefined
  const stream = id === NO_ID ? unescape(kind) : `${unescape(kind)}-${unescape(id)}`
  return { stream, type: type[0] === CUT ? undefined : type.map(unescape).join('.') }
}

/** All facts of a kind. */
export function kindSubject(prefix: string, kind: string): string {
  return `${prefix}.${escapeToken(kind)}.>`
}

function escapeToken(text: string): string {
  if (text === '') return EMPTY
  return text.replace(/[^\w$+,:;=@~!-]/gu, (character) =>
    [...Buffer.from(character)].map(escapeByte).join(''),
  )
}

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

function unescape(token: string): string {
  return token === EMPTY ? '' : decodeURIComponent(token)
}
