import type { Member } from '#gateways/kernel/login.ts'

/** glFTPd's flag I, the idler. */
const IDLER_FLAG = 'I'

/**
 * How long a client may say and transfer nothing, in milliseconds: as the member's account says,
 * where 0 is for ever, else as the site does for all.
 */
export function idleTimeoutOf(member: Member | undefined, defaultMs: number): number {
  if (member?.flags.includes(IDLER_FLAG)) return Number.POSITIVE_INFINITY
  const ownMs = member?.limits.idleTimeoutMs ?? defaultMs
  return ownMs === 0 ? Number.POSITIVE_INFINITY : ownMs
}
