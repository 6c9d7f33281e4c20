import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { KeptIntent, SiteIntent } from '#events/site-files.ts'

import { diskTrouble, onDisk } from '#infra/files/disk-trouble.ts'

const SUFFIX = '.intent.json'
const UNFINISHED = `${SUFFIX}.new`

/** Writes the intent so that it is there whole or not at all. */
export async function writeIntent(
  folder: string,
  id: string,
  intent: SiteIntent,
  isDurable: boolean,
): Promise<void> {
  const unfinished = join(folder, id + UNFINISHED)
  try {
    const handle = await open(unfinished, 'w', 0o600)
    try {
      await handle.writeFile(JSON.stringify(intent))
      if (isDurable) await handle.datasync()
    } finally {
      await handle.close()
    }
    await rename(unfinished, join(folder, id + SUFFIX))
  } catch (cause) {
    // Start-up sweeps it when even this fails: the first failure says more.
    await rm(unfinished, { force: true }).catch(() => {})
    throw diskTrouble(cause)
  }
}

/** Removes what is left of intents that were not written to their end. */
export async function sweepIntents(folder: string): Promise<void> {
  for (const name of await onDisk(() => readdir(folder), [])) {
    if (!name.endsWith(UNFINISHED)) continue
    await onDisk(() => rm(join(folder, name), { force: true }), undefined)
  }
}

export async function removeIntent(folder: string, id: string): Promise<void> {
  await onDisk(() => rm(join(folder, id + SUFFIX), { force: true }), undefined)
}

/** The intents in the folder, oldest first: their ids sort by time. */
export async function readIntents(folder: string): Promise<readonly KeptIntent[]> {
  const names = (await onDisk(() => readdir(folder), [])).filter((name) => name.endsWith(SUFFIX))
  const kept: KeptIntent[] = []
  for (const name of names.toSorted()) {
    const text = await onDisk(() => readFile(join(folder, name), 'utf8'), undefined)
    if (text === undefined) continue
    kept.push({ id: name.slice(0, -SUFFIX.length), intent: JSON.parse(text) as SiteIntent })
  }
  return kept
}
