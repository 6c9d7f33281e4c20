import { availableParallelism } from 'node:os'

import type { Passwords, ScramKeys } from '#events/vault.ts'

import { type GlftpdHash, parseGlftpdHash } from '#infra/argon2/glftpd-hash.ts'
import { createWorkerPool } from '#infra/argon2/worker-pool.ts'
import { saslPrep } from '#infra/passwords/sasl-prep.ts'
import { type Random, systemRandom } from '#infra/seals/box.ts'

export interface Argon2Options {
  /** Default 19 MiB: OWASP's first choice for argon2id. */
  readonly memoryKib?: number
  /** Default 2. */
  readonly passes?: number
  /** Lanes of one hash; the threads of this pool do one after the other. Default 1. */
  readonly parallelism?: number
  /** Of SCRAM-SHA-256: default 10,000, at least 4,096. */
  readonly scramIterations?: number
  /** Passwords at a time; default: as many as processors, 2 at most. */
  readonly threads?: number
  /** Passwords that wait; default 500. */
  readonly waitingMax?: number
  readonly random?: Random
}

const ARGON2ID = '$argon2id$'
/** `glftpd:<salt>:<argon2id of the digest in hex>`. */
const GLFTPD = /^glftpd:([0-9a-f]{8}):(\$argon2id\$.+)$/
const SALT_BYTES = 16

/**
 * Argon2id on threads of its own: on libuv's, hashes would stand in the way of files, and could
 * not be given a lower priority than the thread that serves the connections. Whoever hashes waits
 * in one queue: few run at a time, because each takes a core and memory.
 */
export function createArgon2Passwords(options: Argon2Options = {}): Passwords {
  const { memoryKib = 19_456, passes = 2, parallelism = 1, scramIterations = 10_000 } = options
  const { threads = Math.min(2, availableParallelism()), waitingMax = 500 } = options
  const { random = systemRandom } = options
  const argon2 = { memoryCost: memoryKib, timeCost: passes, parallelism }
  const file = new URL('./password-worker.ts', import.meta.url)
  const pool = createWorkerPool({ file, threads, waitingMax })
  const hash = (password: string) => pool.run({ kind: 'hash', password, argon2 }) as Promise<string>

  return {
    hash,
    async verify(hashed, password) {
      const [, salt, inner] = GLFTPD.exec(hashed) ?? []
      if (salt !== undefined && inner !== undefined) {
        const task = { kind: 'verify-glftpd', hash: inner, salt, password } as const
        return (await pool.run(task)) as boolean
      }
      if (!hashed.startsWith(ARGON2ID)) throw new Error('not a hash of a password')
      return (await pool.run({ kind: 'verify', hash: hashed, password })) as boolean
    },
    needsRehash: (hashed) =>
      !hashed.startsWith(`${ARGON2ID}v=19$m=${memoryKib},t=${passes},p=${parallelism}$`),
    async wrapGlftpdHash(line) {
      const { salt, digest }: GlftpdHash = parseGlftpdHash(line)
      return `glftpd:${salt}:${await hash(digest)}`
    },
    async scramKeys(password) {
      const task = { password: saslPrep(password), salt: random(SALT_BYTES) }
      const job = { kind: 'scram', iterations: scramIterations, ...task } as const
      return (await pool.run(job)) as ScramKeys
    },
    close: () => pool.close(),
  }
}
