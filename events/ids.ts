import { createHash } from 'node:crypto'

/**
 * The id of the n-th fact of a command: the command's UUID with its last three hex digits
 * replaced by n, so that the same command decided again makes the same ids, and ids made one
 * after the other stay near each other in an index. 4,096 facts a command at most.
 */
export function factId(commandId: string, n: number): string {
  if (n > 0xfff) throw new RangeError(`a command cannot have ${n} facts`)
  return commandId.slice(0, 33) + n.toString(16).padStart(3, '0')
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether the text is a UUID in lower-case canonical form. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/**
 * The same UUID for the same parts, for commands that follow from something with a name of
 * its own: a fact's id, a client's nonce. Version 8 (RFC 9562 section 5.8) of a SHA-256.
 */
export function derivedId(...parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  const variant = ((Number.parseInt(hash[16]!, 16) & 0x3) | 0x8).toString(16)
  return (
    `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}` +
    `-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`
  )
}
