import type { HostStore } from '#events/host-store.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'

import type { ProcessLife } from '#test/simulation/process-life.ts'
import type { SimulatedDisk } from '#test/simulation/simulated-disk.ts'

export const STORE_FILE = 'host'

type Saving = 'saveSnapshot' | 'saveDeadlines' | 'saveCheckpoint'

/**
 * A host's store on a simulated disk: a journal of what was saved, never synced, so that a power
 * cut takes it back to an earlier state. `unreadable` says why a snapshot cannot be read.
 */
export async function openSimulatedHostStore(
  life: ProcessLife,
  disk: SimulatedDisk,
  unreadable: (stream: string) => Error | undefined,
): Promise<HostStore> {
  const memory = createMemoryHostStore()
  const lines = await disk.read(life, STORE_FILE)
  await disk.truncate(life, STORE_FILE, lines.length)
  const savedHere = new Set<string>()
  for (const line of lines) {
    const [saving, first, second] = JSON.parse(line) as [Saving, never, never]
    const changes = saving === 'saveDeadlines' ? new Map<string, number | null>(first) : first
    await memory[saving](changes as never, second)
  }
  // After a failed write the journal may end in half of it, which must not cut what follows.
  let length = lines.length
  let turn: Promise<unknown> = Promise.resolve()

  function save(saving: Saving, first: unknown, second: unknown): Promise<void> {
    // The context of a snapshot is live: its text is taken now.
    const line = JSON.stringify([saving, first, second])
    const saved = turn.then(async () => {
      try {
        await disk.write(life, STORE_FILE, [line])
      } catch (cause) {
        await disk.truncate(life, STORE_FILE, length).catch(() => {})
        throw cause
      }
      length++
      const [, one, two] = JSON.parse(line) as [Saving, never, never]
      const changes = saving === 'saveDeadlines' ? new Map<string, number | null>(one) : one
      await memory[saving](changes as never, two)
    })
    turn = saved.catch(() => {})
    return saved
  }

  return {
    ...memory,
    async loadSnapshot(stream) {
      await life.pause(0, disk.slownessMs)
      const cause = savedHere.has(stream) ? undefined : unreadable(stream)
      if (cause) throw cause
      return await memory.loadSnapshot(stream)
    },
    saveSnapshot(stream, snapshot) {
      savedHere.add(stream)
      return save('saveSnapshot', stream, snapshot)
    },
    saveDeadlines: (changes, through) => save('saveDeadlines', [...changes], through),
    saveCheckpoint: (consumer, position) => save('saveCheckpoint', consumer, position),
  }
}
