import { pbkdf2Sync } from 'node:crypto'

import { Refusal } from '#events/refusal.ts'

export const GLFTPD_HASH_REFUSALS = { glftpdHashUnknown: 'glftpd-hash-unknown' } as const

/** `$<salt>$<digest>` of a glFTPd `passwd` line, in hex. */
export interface GlftpdHash {
  readonly salt: string
  readonly digest: string
}

/** Throws a `Refusal` `glftpd-hash-unknown`, without repeating the hash. */
export function parseGlftpdHash(hash: string): GlftpdHash {
  const [, salt, digest] = /^\$([0-9a-f]{8})\$([0-9a-f]{40})$/i.exec(hash) ?? []
  if (salt === undefined || digest === undefined) {
    const words = 'A password hash of glFTPd has the form $<8 hex digits>$<40 hex digits>.'
    throw new Refusal(GLFTPD_HASH_REFUSALS.glftpdHashUnknown, words)
  }
  return { salt: salt.toLowerCase(), digest: digest.toLowerCase() }
}

/**
 * The digest of a password: PBKDF2 with HMAC-SHA-1, 100 rounds, 20 bytes, as in the PassChk
 * source that glFTPd comes with and in pzs-ng
 * (https://github.com/silv3rr/docker-glftpd/blob/793de8a/bin/hashgen.c).
 */
export function glftpdDigest(password: string, salt: string): string {
  return pbkdf2Sync(password, Buffer.from(salt, 'hex'), 100, 20, 'sha1').toString('hex')
}
