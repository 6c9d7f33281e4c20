import type { Clock } from '#events/clock.ts'
import { type CommandLink, LinkRefused, LinkUnavailable } from '#events/command-link.ts'
import { type ActorRef, streamOf } from '#events/fact.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import { createLargeStates } from '#actors/kernel/cluster/large-states.ts'
import type { Leases } from '#actors/kernel/cluster/leases.ts'
import { shardOf } from '#actors/kernel/cluster/shards.ts'
import {
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  givenOf,
  type HostAnswer,
  type HostRequest,
  refusedAnswer,
} from '#actors/kernel/cluster/wire.ts'
import type { RunningHost } from '#actors/kernel/create-host.ts'
import type { CommandContext } from '#actors/kernel/host.ts'

export interface ClusterHostOptions {
  /** Runs the actors whose leases this process holds. */
  readonly local: RunningHost
  readonly leases: Leases
  readonly link: CommandLink
  readonly clock: Clock
  readonly report: (stream: string, cause: unknown) => void
  /** How long a command looks for the process that runs its actor. Default 15,000. */
  readonly patienceMs?: number
  /** Requests to other processes at a time. Default 10,000. */
  readonly pendingLimit?: number
}

/** How long an answer may take: less than a dead process needs to be noticed would be too short. */
const ANSWER_MS = 6_000
/** Leases change by a message; in case it is lost, they are looked at again. */
const LOOK_AGAIN_MS = 500

/**
 * A host over several processes: what runs here is handled here, the rest is asked of the process
 * that holds the actor's lease. While nobody does, it waits; when the holder dies without an
 * answer, the next one is asked. A command that was handled before is answered from the log, by
 * its id, so that asking again is safe.
 */
export async function createClusterHost(options: ClusterHostOptions): Promise<RunningHost> {
  const { local, leases, link, clock, report } = options
  const { patienceMs = 15_000, pendingLimit = 10_000 } = options
  const largeStates = createLargeStates(local)
  let pending = 0
  const isHere = (ref: ActorRef) => leases.holds(shardOf(streamOf(ref)))

  const ASK: { [A in HostRequest['ask']]: (request: HostRequest) => Promise<unknown> } = {
    send: (request) =>
      local.send(request, request.command!, request.context as unknown as CommandContext),
    state: (request) => local.state(request),
    deadline: async (request) => (await local.deadline(request)) ?? null,
  }

  async function answer(request: HostRequest): Promise<HostAnswer> {
    if (!isHere(request)) return { elsewhere: true }
    try {
      return { given: await ASK[request.ask](request) }
    } catch (cause) {
      if (cause instanceof Refusal) return refusedAnswer(cause)
      report(streamOf(request), cause)
      return refusedAnswer(new Refusal(HOST_REFUSALS.faulty, 'That failed.'))
    }
  }

  const served = await link.serve(leases.address, async (text) => {
    const request = decodeRequest(text)
    return encodeAnswer(await answer(request), request)
  })

  /** Asks whoever runs the actor until there is an answer or no patience left. */
  async function ask<T>(request: HostRequest): Promise<T> {
    if (pending >= pendingLimit) {
      throw new Refusal(HOST_REFUSALS.busy, 'Too many requests are waiting; try again soon.')
    }
    pending++
    try {
      const until = clock.now() + patienceMs
      do {
        const answered = await askOnce(request)
        if (answered && 'tooLarge' in answered) {
          return (await largeStates.get(request, answered.tooLarge.version)) as T
        }
        if (answered && !('elsewhere' in answered)) return givenOf(answered) as T
        if (!answered || !isHere(request)) await leaseChange()
      } while (clock.now() < until)
      throw new Refusal(HOST_REFUSALS.noHolder, 'No server runs this now; try again soon.')
    } finally {
      pending--
    }
  }

  /** One try; undefined when it reached nobody or nobody answered. */
  async function askOnce(request: HostRequest): Promise<HostAnswer | undefined> {
    if (isHere(request)) return await answer(request)
    const address = leases.addressOf(shardOf(streamOf(request)))
    if (address === undefined || address === leases.address) return undefined
    const gone = holderGone(request, address)
    try {
      const asked = link.request(address, encodeRequest(request as never), ANSWER_MS)
      const text = await Promise.race([asked, gone.promise])
      if (text === undefined) asked.catch(() => {})
      return text === undefined ? undefined : decodeAnswer(text)
    } catch (cause) {
      if (cause instanceof LinkUnavailable) return undefined
      if (cause instanceof LinkRefused) {
        throw new Refusal(HOST_REFUSALS.invalidCommand, `This cannot be sent: ${cause.message}.`)
      }
      throw cause
    } finally {
      gone.stop()
    }
  }

  /** Resolves when the actor is no longer run by that process: no answer will come then. */
  function holderGone(ref: ActorRef, address: string) {
    const shard = shardOf(streamOf(ref))
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const stop = leases.onChange(() => {
      if (leases.addressOf(shard) !== address) resolve(undefined)
    })
    return { promise, stop }
  }

  function leaseChange(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        stop()
        resolve()
      }
      const cancel = clock.after(LOOK_AGAIN_MS, done)
      const stop = leases.onChange(done)
    })
  }

  return {
    ...local,
    send: (ref, command, context) =>
      isHere(ref)
        ? local.send(ref, command, context)
        : ask({ ask: 'send', ...ref, command, context } as HostRequest),
    state: (ref) => (isHere(ref) ? local.state(ref) : ask({ ask: 'state', ...ref })),
    async deadline(ref) {
      if (isHere(ref)) return await local.deadline(ref)
      return (await ask<never>({ ask: 'deadline', ...ref })) ?? undefined
    },
    async stop() {
      await served.stop()
      await local.stop()
    },
  }
}
