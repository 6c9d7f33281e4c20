import { afterEach, describe, expect, it, vi } from 'vitest'

import { RecentCommands } from '#actors/kernel/recent-commands.ts'
import type { PropertyName } from '#test/simulation/history-checker.ts'
import { simulate } from '#test/simulation/simulate.ts'
import type { Mutation } from '#test/simulation/world.ts'

// What is made wrong on purpose must be found: a simulation that finds nothing proves nothing.

interface Bite {
  readonly mutation: Mutation
  readonly isFoundBy: PropertyName
  /** It must be found among so many seeds. */
  readonly within: number
  /** Where it can show at all. */
  readonly isCluster?: boolean
  readonly breakKernel?: () => void
}

const bites: readonly Bite[] = [
  { mutation: 'disk-lies', isFoundBy: 'nothing acknowledged is lost', within: 60 },
  {
    mutation: 'publisher-at-head',
    isFoundBy: 'listeners miss nothing',
    within: 5,
    isCluster: true,
  },
  { mutation: 'checkpoint-first', isFoundBy: 'one effect a fact', within: 40 },
  { mutation: 'fresh-effect-ids', isFoundBy: 'one effect a fact', within: 20 },
  {
    mutation: 'no-dedupe',
    isFoundBy: 'one effect a command',
    within: 10,
    breakKernel() {
      vi.spyOn(RecentCommands.prototype, 'find').mockReturnValue(undefined)
    },
  },
]

describe('the simulation finds', () => {
  afterEach(() => vi.restoreAllMocks())

  it.each(bites)(
    '$mutation within $within seeds',
    { timeout: 120_000 },
    async ({ mutation, isFoundBy, within, isCluster, breakKernel }) => {
      breakKernel?.()
      const found = new Set<PropertyName>()
      for (let seed = 1; seed <= within && !found.has(isFoundBy); seed++) {
        const cluster = isCluster === undefined ? {} : { isCluster }
        const { violations } = await simulate({ seed, mutation, ...cluster })
        for (const { property } of violations) found.add(property)
      }
      expect([...found]).toContain(isFoundBy)
    },
  )
})
