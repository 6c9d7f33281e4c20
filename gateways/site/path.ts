import { Refusal } from '#events/refusal.ts'

import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

/** A place on the site, by its name alone: nothing need be there. */
export type SitePath =
  | { readonly kind: 'root' }
  | { readonly kind: 'section'; readonly section: string }
  | { readonly kind: 'release'; readonly section: string; readonly release: string }
  | {
      readonly kind: 'inside'
      readonly section: string
      readonly release: string
      /** Below the release, with "/" between parts. */
      readonly path: string
    }

export const SITE_LIMITS = {
  /** Bytes of one name as UTF-8: what file systems take. */
  nameBytes: 255,
  /** Directories below a release. */
  depth: 8,
  /** Characters below a release: what a race takes. */
  pathCharacters: 512,
  /** Characters of a path as a client sends it, "..", and all. */
  argumentCharacters: 2_048,
} as const

export const ROOT: SitePath = { kind: 'root' }

/**
 * Reads what a client calls a path, from where it is. `..` stops at the root, as in RFC 3659
 * section 2.2.2 and every chroot. Throws a `Refusal` for names that no file may have.
 */
export function parsePath(from: SitePath, text: string): SitePath {
  if (text.length > SITE_LIMITS.argumentCharacters) refuse('The path is too long.')
  const parts = text.startsWith('/') ? [] : [...partsOf(from)]
  for (const part of text.normalize('NFC').split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(checkedName(part))
  }
  return pathOf(parts)
}

/** The names from the root down. */
export function partsOf(path: SitePath): readonly string[] {
  switch (path.kind) {
    case 'root':
      return []
    case 'section':
      return [path.section]
    case 'release':
      return [path.section, path.release]
    case 'inside':
      return [path.section, path.release, ...path.path.split('/')]
  }
}

/** The path as clients see it: absolute, without a slash at its end. */
export function formatPath(path: SitePath): string {
  return `/${partsOf(path).join('/')}`
}

/** The directory that a path's last name is in; the root is its own. */
export function parentOf(path: SitePath): SitePath {
  return pathOf(partsOf(path).slice(0, -1))
}

function pathOf(parts: readonly string[]): SitePath {
  const [section, release, ...rest] = parts
  if (section === undefined) return ROOT
  if (release === undefined) return { kind: 'section', section }
  if (rest.length === 0) return { kind: 'release', section, release }
  if (rest.length > SITE_LIMITS.depth) refuse('The path is too deep.')
  const path = rest.join('/')
  if (path.length > SITE_LIMITS.pathCharacters) refuse('The path is too long.')
  return { kind: 'inside', section, release, path }
}

// C0, DEL and C1 control characters; the backslash is a separator to other systems' tools.
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\\\u2028\u2029]/

function checkedName(name: string): string {
  if (FORBIDDEN.test(name)) refuse('The name has characters that are not allowed.')
  if (!name.isWellFormed()) refuse('The name is not Unicode.')
  if (Buffer.byteLength(name) > SITE_LIMITS.nameBytes) {
    refuse(`The name is longer than ${SITE_LIMITS.nameBytes} bytes.`)
  }
  return name
}

function refuse(words: string): never {
  throw new Refusal(SITE_REFUSALS.invalidName, words)
}
