import type { Clock } from '#events/clock.ts'
import type { Seals } from '#events/seals.ts'
import type { SigningBook, SigningKey } from '#events/signing-book.ts'
import { TOKEN_LIMITS } from '#events/tokens.ts'
import type { Vault } from '#events/vault.ts'

import { loadKeys, type LoadedKey } from '#infra/tokens/loaded-keys.ts'
import { forgetPrivateKey, makeKey } from '#infra/tokens/private-keys.ts'

export interface SigningKeysOptions {
  readonly book: SigningBook
  readonly vault: Vault
  readonly seals: Seals
  readonly clock: Clock
  /** How long a key signs before the next one does. Default 30 days. */
  readonly rotateEveryMs?: number
  /** How long a key is published before it signs, so that all who check know it. Default 10 minutes. */
  readonly announceMs?: number
  /** A look at the book failed; it is repeated after `LOOK_EVERY_MS`. */
  readonly report: (cause: unknown) => void
}

/** The keys that sign and verify access tokens now. */
export interface SigningKeys {
  /** The one to sign with, or undefined. */
  current(): LoadedKey | undefined
  /** A key in force, if the kid is one's. */
  find(kid: string): LoadedKey | undefined
  /** As `find`, after a look at what other processes have added, unless that was just done. */
  findSoon(kid: string): Promise<LoadedKey | undefined>
  /** Those in force, also those that do not sign yet; oldest first. */
  published(): readonly SigningKey[]
  /** Reads what is in force. */
  refresh(): Promise<void>
  /** Makes a key that signs at once if there is none that can. */
  ensureKey(): Promise<void>
  /** Announces the next key when its time has come, and retires old ones. */
  rotateIfDue(): Promise<void>
  /** Makes all tokens of a key void, and sees to it that there is another one. */
  retire(kid: string): Promise<void>
  close(): void
}

/** How often the book is looked at: each process must see a key before it signs. */
export const LOOK_EVERY_MS = 60_000
/** Tokens with unknown keys make a process look at the book once in this time at most. */
const LOOK_AGAIN_AFTER_MS = 1_000
/** After its last signature a key verifies for so long. */
const AFTERLIFE_MS = TOKEN_LIMITS.lifeMs + TOKEN_LIMITS.leewayMs
const DAY_MS = 86_400_000

/**
 * Resolves when there is a key to sign with. Rejects when the book or the vault cannot be read.
 * A key that no other one follows, because no process could rotate, signs for twice its time.
 */
export async function createSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { book, vault, seals, clock, report } = options
  const { rotateEveryMs = 30 * DAY_MS, announceMs = 10 * 60_000 } = options
  if (announceMs < 2 * LOOK_EVERY_MS || rotateEveryMs < announceMs + AFTERLIFE_MS) {
    throw new RangeError('signing keys: the times to announce and to rotate are too short')
  }
  let loaded: readonly LoadedKey[] = []
  let looking: Promise<void> | undefined
  let lookedAtMs = 0
  let looks = 0
  let newestLook = 0
  let isClosed = false
  let cancelLook = () => {}

  const inForce = () => loaded.filter(({ retiresAtMs }) => retiresAtMs > clock.now())
  const signsAt = (key: LoadedKey, now: number) =>
    key.privateKey !== undefined && key.signsFromMs <= now && now + AFTERLIFE_MS <= key.retiresAtMs

  const current = () => loaded.findLast((key) => signsAt(key, clock.now()))

  const find = (kid: string) => {
    const key = loaded.find((each) => each.kid === kid)
    return key !== undefined && key.retiresAtMs > clock.now() ? key : undefined
  }

  function refresh(): Promise<void> {
    looking ??= look().finally(() => (looking = undefined))
    return looking
  }

  async function look(): Promise<void> {
    lookedAtMs = clock.now()
    const look = ++looks
    const found = await loadKeys(await book.keys(), loaded, vault, seals)
    // A look that took long must not bring back what a later one saw retired.
    if (look < newestLook) return
    newestLook = look
    loaded = found
  }

  async function add(signsFromMs: number): Promise<void> {
    // What was decided on: another key that comes meanwhile makes this one superfluous.
    const after = loaded.at(-1)?.kid ?? null
    const { kid, publicKey } = await makeKey(vault, seals)
    const key = { kid, publicKey, signsFromMs, retiresAtMs: signsFromMs + 2 * rotateEveryMs }
    const isAdded = await book.add(key, after)
    // Someone else was first: that key serves as well.
    if (!isAdded) await forgetPrivateKey(vault, kid)
    await look()
  }

  async function ensureKey(): Promise<void> {
    for (let attempt = 1; current() === undefined; attempt++) {
      if (attempt > ATTEMPTS) throw new Error('signing keys: other processes were first each time')
      await add(clock.now())
    }
  }

  async function discard(kid: string): Promise<void> {
    // In this order: a key that is out of force is never looked for in the vault again.
    await forgetPrivateKey(vault, kid)
    await book.retire(kid)
  }

  /** A key retires when its time is over, or once all that it signed has expired. */
  function isSpent(key: LoadedKey, index: number, now: number): boolean {
    if (key.retiresAtMs <= now) return true
    return loaded
      .slice(index + 1)
      .some((next) => signsAt(next, now) && next.signsFromMs + AFTERLIFE_MS <= now)
  }

  async function rotateIfDue(): Promise<void> {
    const now = clock.now()
    const newest = loaded.at(-1)
    if (newest !== undefined && newest.signsFromMs + rotateEveryMs - announceMs <= now) {
      await add(now + announceMs)
    }
    const spent = loaded.filter((key, index) => isSpent(key, index, now))
    for (const { kid } of spent) await discard(kid)
    if (spent.length > 0) await look()
    await ensureKey()
  }

  function lookLater(): void {
    if (isClosed) return
    cancelLook = clock.after(LOOK_EVERY_MS, () => {
      void refresh().then(rotateIfDue).catch(report).finally(lookLater)
    })
  }

  await refresh()
  await rotateIfDue()
  lookLater()

  return {
    current,
    find,
    async findSoon(kid) {
      const known = find(kid)
      if (known !== undefined || clock.now() - lookedAtMs < LOOK_AGAIN_AFTER_MS) return known
      await refresh()
      return find(kid)
    },
    published: inForce,
    refresh,
    ensureKey,
    rotateIfDue,
    async retire(kid) {
      await discard(kid)
      await look()
      await ensureKey()
    },
    close() {
      isClosed = true
      cancelLook()
    },
  }
}

const ATTEMPTS = 5
