import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { z } from 'zod'

import type { Clock } from '#events/clock.ts'

import { STORE_LIMITS } from '#infra/hooks/hook-messages.ts'

/** What is written at once need not be written each by itself. */
const GATHER_MS = 500

const kept = z.record(z.string(), z.string())

/** The values that one file of hooks keeps, as JSON in a file of its own. */
export interface KeptValues {
  entries(): readonly (readonly [string, string])[]
  set(key: string, value: string | null): void
  /** Resolves when all is written. Rejects when it cannot be. */
  close(): Promise<void>
}

/** Rejects for a file that cannot be read: values are not thrown away unasked. */
export async function openKeptValues(
  file: string,
  clock: Clock,
  report: (cause: unknown) => void,
): Promise<KeptValues> {
  const values = new Map(Object.entries(await readKept(file)))
  let allBytes = [...values].reduce((sum, [key, value]) => sum + bytesOf(key, value), 0)
  let writing = Promise.resolve()
  let cancel: (() => void) | undefined

  const write = async (): Promise<void> => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(`${file}.new`, JSON.stringify(Object.fromEntries(values)), { mode: 0o600 })
    await rename(`${file}.new`, file)
  }
  const flush = (): Promise<void> => {
    cancel?.()
    cancel = undefined
    return (writing = writing.catch(() => {}).then(write))
  }

  return {
    entries: () => [...values],
    set(key, value) {
      const before = values.get(key)
      const after = value === null ? 0 : bytesOf(key, value)
      const grown = allBytes + after - (before === undefined ? 0 : bytesOf(key, before))
      // The thread has checked that; here nobody is believed.
      if (grown > STORE_LIMITS.allBytes) return
      if (value === null) values.delete(key)
      else values.set(key, value)
      allBytes = grown
      cancel ??= clock.after(GATHER_MS, () => void flush().catch(report))
    },
    async close() {
      await (cancel ? flush() : writing)
    },
  }
}

async function readKept(file: string): Promise<Record<string, string>> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw cause
  }
  return kept.parse(JSON.parse(text))
}

function bytesOf(key: string, value: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value)
}
