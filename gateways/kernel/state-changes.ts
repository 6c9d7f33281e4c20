/** One place in which two states differ. */
export interface Change {
  /** Keys and indexes from the root. */
  readonly path: readonly (string | number)[]
  readonly kind: 'added' | 'removed' | 'changed'
  readonly before?: unknown
  readonly after?: unknown
}

export interface Changes {
  readonly changes: readonly Change[]
  /** There are more than were asked for. */
  readonly isCut: boolean
}

/** The places in which two pieces of plain JSON differ, in the order of their paths. */
export function changesBetween(before: unknown, after: unknown, limit: number): Changes {
  const changes: Change[] = []
  for (const change of differences([], before, after)) {
    if (changes.length === limit) return { changes, isCut: true }
    changes.push(change)
  }
  return { changes, isCut: false }
}

type Path = readonly (string | number)[]

function* differences(path: Path, before: unknown, after: unknown): Generator<Change> {
  if (Object.is(before, after)) return
  if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after)) {
    yield { path, kind: 'changed', before, after }
    return
  }
  for (const key of keysOf(before, after)) {
    const inBefore = Object.hasOwn(before, key)
    const inAfter = Object.hasOwn(after, key)
    const here = [...path, Array.isArray(before) ? Number(key) : key]
    if (!inAfter) yield { path: here, kind: 'removed', before: before[key] }
    else if (!inBefore) yield { path: here, kind: 'added', after: after[key] }
    else yield* differences(here, before[key], after[key])
  }
}

type Branch = Readonly<Record<string, unknown>>

function isBranch(value: unknown): value is Branch {
  return typeof value === 'object' && value !== null
}

function keysOf(before: Branch, after: Branch): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return Array.isArray(before) ? keys : keys.toSorted((a, b) => (a < b ? -1 : 1))
}

const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/

/** `members.ann[0]`, `files["a.r00"].state`; the root is `.`. */
export function pathText(path: Path): string {
  const text = path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`
      return PLAIN_KEY.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`
    })
    .join('')
  return text === '' ? '.' : text.replace(/^\./, '')
}
