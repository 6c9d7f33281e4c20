import { describe, expect, it } from 'vitest'

import { type Single, singleDuty } from '#actors/kernel/cluster/duties.ts'

/** A single whose starts a test lets succeed or fail, and the retries that were asked for. */
function createStarts() {
  const starts: PromiseWithResolvers<Single>[] = []
  const retries: (() => void)[] = []
  const running = new Set<number>()
  const duty = singleDuty(
    () => {
      const start = Promise.withResolvers<Single>()
      starts.push(start)
      return start.promise
    },
    (_, retry) => retries.push(retry),
  )
  return {
    duty,
    starts,
    retries,
    running,
    succeed(number: number): void {
      running.add(number)
      starts[number]!.resolve({
        async stop() {
          running.delete(number)
        },
      })
    },
    async fail(number: number): Promise<void> {
      starts[number]!.reject(new Error('not now'))
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('something that one process runs for all', () => {
  it('is tried again while it is wanted, and ends with the lease', async () => {
    const { duty, starts, retries, running, succeed, fail } = createStarts()
    duty.begin!()
    await fail(0)
    retries[0]!()
    expect(starts).toHaveLength(2)
    succeed(1)
    await duty.end()
    expect(running.size).toBe(0)
  })

  it('does not start a second time when the lease came back before a retry', async () => {
    const { duty, starts, retries, running, succeed, fail } = createStarts()
    duty.begin!()
    await fail(0)
    await duty.end()
    duty.begin!()
    retries[0]!()
    expect(starts).toHaveLength(2)
    succeed(1)
    await duty.end()
    expect(running.size).toBe(0)
  })
})
