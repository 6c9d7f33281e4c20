import type { ConnectionRate, ConnectionRateLimits } from '#gateways/kernel/connection-rate.ts'

export interface AdmissionLimits {
  readonly connections: number
  readonly connectionsPerAddress: number
  /** Connections that have not logged in; the oldest makes room for a new one. */
  readonly unregistered: number
  /** How fast one address may open connections. */
  readonly connectionRate?: Partial<ConnectionRateLimits>
}

/** What admission needs to know of a session. */
export interface Admitted {
  readonly address: string
  readonly isRegistered: boolean
}

export type Verdict<S> =
  | { readonly kind: 'admit' }
  /** This one must go to make room. */
  | { readonly kind: 'replace'; readonly evicted: S }
  | { readonly kind: 'refuse'; readonly reason: string }

/**
 * Keeps the limits on connections. Those that say nothing cannot lock out who comes after
 * them: where a limit is reached, the oldest one that has not logged in makes room.
 */
export class Admission<S extends Admitted> {
  readonly #limits: AdmissionLimits
  readonly #rate: ConnectionRate | undefined
  /** In the order of their coming. */
  readonly #all = new Set<S>()
  readonly #unregistered = new Set<S>()
  readonly #byAddress = new Map<string, Set<S>>()

  /** Without a rate, connections may be opened however fast. */
  constructor(limits: AdmissionLimits, rate?: ConnectionRate) {
    this.#limits = limits
    this.#rate = rate
  }

  /** What to do with one more connection from this address, which counts as opened. */
  judge(address: string): Verdict<S> {
    if (this.#rate?.admits(address) === false) {
      return { kind: 'refuse', reason: 'Too many new connections from your address' }
    }
    const { connections, connectionsPerAddress, unregistered } = this.#limits
    const here = this.#byAddress.get(address)
    if (here && here.size >= connectionsPerAddress) {
      return makeRoom(here, 'Too many connections from your address')
    }
    if (this.#all.size >= connections) return makeRoom(this.#unregistered, 'The server is full')
    if (this.#unregistered.size >= unregistered) return makeRoom(this.#unregistered, '')
    return { kind: 'admit' }
  }

  add(session: S): void {
    this.#all.add(session)
    this.#unregistered.add(session)
    const here = this.#byAddress.get(session.address)
    if (here) here.add(session)
    else this.#byAddress.set(session.address, new Set([session]))
  }

  registered(session: S): void {
    this.#unregistered.delete(session)
  }

  remove(session: S): void {
    this.#all.delete(session)
    this.#unregistered.delete(session)
    const here = this.#byAddress.get(session.address)
    here?.delete(session)
    if (here?.size === 0) this.#byAddress.delete(session.address)
  }

  get counts(): { readonly all: number; readonly unregistered: number } {
    return { all: this.#all.size, unregistered: this.#unregistered.size }
  }

  *[Symbol.iterator](): IterableIterator<S> {
    yield* this.#all
  }
}

function makeRoom<S extends Admitted>(among: Set<S>, reason: string): Verdict<S> {
  for (const session of among) {
    if (!session.isRegistered) return { kind: 'replace', evicted: session }
  }
  return { kind: 'refuse', reason }
}
