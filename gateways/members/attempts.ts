import type { ActorHost } from '#actors/kernel/host.ts'
import {
  type LockoutCommand,
  type LockoutContext,
  LOCKOUT_REFUSALS,
  lockoutOfAccount,
  lockoutOfAddress,
  lockoutOfName,
} from '#actors/lockout/lockout.commands.ts'
import type { Clock, Ids } from '#events/clock.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'
import { memberSubject, SEAL_REFUSALS, type Seals, VISITORS } from '#events/seals.ts'

import { LOGIN_REFUSALS, type Origin } from '#gateways/kernel/login.ts'
import { networkOf, remoteOf } from '#gateways/members/network.ts'

export interface AttemptLimits {
  /** Failures within the window that lock for the window's length. */
  readonly failures: number
  readonly windowMs: number
}

export const DEFAULT_ATTEMPT_LIMITS: AttemptLimits = { failures: 5, windowMs: 15 * 60_000 }

/** Attempts that may wait for others of the same account or address; more are refused. */
const WAITING = 500

export interface AttemptsDeps {
  readonly host: ActorHost
  readonly seals: Seals
  readonly clock: Clock
  readonly ids: Ids
}

/**
 * Counts failed proofs of one account and of one address, over all gateways and processes: the
 * counts are actors. No more attempts of one account or address run at a time than could still
 * fail before the lock, so that a burst cannot try more than the limit says.
 */
export function createAttempts(deps: AttemptsDeps, limits = DEFAULT_ATTEMPT_LIMITS) {
  const { host, seals, clock, ids } = deps
  const lanes = new Map<string, Lane>()

  async function lockoutsOf(
    account: string | undefined,
    isMember: boolean,
    origin: Origin,
  ): Promise<string[]> {
    const address = lockoutOfAddress(await seals.tag(VISITORS, networkOf(origin.address)))
    if (account === undefined) return [address]
    if (isMember) return [lockoutOfAccount(account), address]
    // People type their password where the name goes: what is no member's name is not recorded.
    return [lockoutOfName(await seals.tag(VISITORS, `name ${account}`)), address]
  }

  async function state(id: string): Promise<LockoutContext> {
    return (await host.state<LockoutContext>({ kind: 'lockout', id })).context
  }

  /** Failures that count now. Rejects with `locked-out`. */
  async function failuresOf(id: string): Promise<number> {
    const { failuresAtMs, lockedUntilMs } = await state(id)
    const now = clock.now()
    if (lockedUntilMs > now) throw lockedOut(lockedUntilMs - now)
    return failuresAtMs.filter((at) => at > now - limits.windowMs).length
  }

  async function enter(id: string): Promise<Lane> {
    const lane = lanes.get(id) ?? { running: 0, inside: 0, queue: [] }
    lanes.set(id, lane)
    lane.inside++
    try {
      for (;;) {
        const room = Math.max(1, limits.failures - (await failuresOf(id)))
        if (lane.running < room) break
        if (lane.queue.length >= WAITING) {
          throw new Refusal(HOST_REFUSALS.busy, 'Too many log in at once; try again soon.')
        }
        await new Promise<void>((resolve) => lane.queue.push(resolve))
      }
    } catch (cause) {
      lane.inside--
      next(id, lane)
      throw cause
    }
    lane.running++
    next(id, lane)
    return lane
  }

  function leave(id: string, lane: Lane): void {
    lane.running--
    lane.inside--
    next(id, lane)
  }

  /** The next one looks for itself whether it may go, and wakes the one behind it if it may. */
  function next(id: string, lane: Lane): void {
    const wake = lane.running < limits.failures ? lane.queue.shift() : undefined
    if (wake) wake()
    else if (lane.inside === 0) lanes.delete(id)
  }

  async function send(id: string, command: LockoutCommand): Promise<void> {
    const context = { by: null, connection: null, commandId: ids.next() }
    await host.send({ kind: 'lockout', id }, command, context).catch((cause: unknown) => {
      // Others have locked it meanwhile: then this failure changes nothing more.
      if (!(cause instanceof Refusal) || cause.code !== LOCKOUT_REFUSALS.lockedOut) throw cause
    })
  }

  /** Null for a member who was forgotten: their failures count, and nothing tells of them. */
  async function sealedRemote(subject: string, origin: Origin): Promise<string | null> {
    return await seals.seal(subject, 'remote', remoteOf(origin)).catch((cause: unknown) => {
      if (cause instanceof Refusal && cause.code === SEAL_REFUSALS.forgotten) return null
      throw cause
    })
  }

  async function fail(lockouts: readonly string[], subject: string, origin: Origin): Promise<void> {
    const remote = await sealedRemote(subject, origin)
    const { failures: failuresMax, windowMs } = limits
    const { gateway } = origin
    const command = { type: 'lockout.fail', gateway, remote, failuresMax, windowMs } as const
    await Promise.all(lockouts.map((id) => send(id, command)))
  }

  return {
    /**
     * Runs a check unless too many have failed; `undefined` from it is a failure, which is
     * counted before anybody is told `login-incorrect`. Rejects with `locked-out` (field
     * `retryAfterMs`), the same for names that nobody has. `account` undefined: a name that
     * nobody can have. A success forgets the account's failures if `clears` says so.
     */
    async guard<T>(
      account: string | undefined,
      isMember: boolean,
      origin: Origin,
      check: () => Promise<T | undefined>,
      clears: (outcome: T) => boolean = () => true,
    ): Promise<T> {
      const lockouts = await lockoutsOf(account, isMember, origin)
      const held: [string, Lane][] = []
      try {
        for (const id of lockouts) held.push([id, await enter(id)])
        const outcome = await check()
        if (outcome === undefined) {
          const subject = isMember && account !== undefined ? memberSubject(account) : VISITORS
          await fail(lockouts, subject, origin)
          throw new Refusal(LOGIN_REFUSALS.loginIncorrect, 'Login incorrect.')
        }
        if (account !== undefined && clears(outcome)) {
          await send(lockouts[0]!, { type: 'lockout.clear', reason: 'login' })
        }
        return outcome
      } finally {
        for (const [id, lane] of held) leave(id, lane)
      }
    },
  }
}

export type Attempts = ReturnType<typeof createAttempts>

interface Lane {
  running: number
  /** Those that run, wait, or look whether they may run: nobody else is to begin another lane. */
  inside: number
  readonly queue: (() => void)[]
}

function lockedOut(retryAfterMs: number): Refusal {
  const seconds = Math.ceil(retryAfterMs / 1_000)
  const words = `Too many failed logins; try again in ${seconds} seconds.`
  return new Refusal(LOCKOUT_REFUSALS.lockedOut, words, { retryAfterMs })
}
