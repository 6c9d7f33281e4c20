import { expect, it } from 'vitest'

import { Checkpoints } from '#gateways/eventstoredb/persistent/checkpoints.ts'
import type { GroupSettings } from '#gateways/eventstoredb/persistent/settings.ts'
import type { Checkpoint } from '#gateways/eventstoredb/persistent/store.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

const settings = {
  checkpointAfterMs: 1_000,
  minCheckpointCount: 1,
  maxCheckpointCount: 2,
} as GroupSettings

it('writes nothing of what is settled after the end', async () => {
  const clock = createManualClock()
  const written: Checkpoint[] = []
  let position = 0
  const checkpoints = new Checkpoints(
    {
      clock,
      settings,
      reached: () => ({ position, version: position }),
      write: async (checkpoint) => void written.push(checkpoint),
      report: (cause) => {
        throw cause
      },
    },
    undefined,
  )
  const settle = () => {
    position++
    checkpoints.settled()
  }
  settle()
  checkpoints.stop()
  await checkpoints.flush()
  for (let n = 0; n < 3; n++) settle()
  clock.advance(10_000)
  await Promise.resolve()
  expect(written).toEqual([{ position: 1, version: 1 }])
})
