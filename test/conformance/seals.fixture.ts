import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'

import { afterEach } from 'vitest'

import type { Vault, VaultEntry } from '#events/vault.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createMemoryVault } from '#infra/memory/memory-vault.ts'
import { masterKeyFile } from '#infra/seals/key-file.ts'
import { type MasterKeySource, masterKeysFromSettings } from '#infra/seals/master-keys.ts'
import { openSeals, type SealsOptions } from '#infra/seals/open-seals.ts'

import { allEntries } from '#test/all-entries.fixture.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

export const KEY_A = Buffer.alloc(32, 'a').toString('base64url')
export const KEY_B = Buffer.alloc(32, 'b').toString('base64url')
export const KEY_C = Buffer.alloc(32, 'c').toString('base64url')

export const outcome = (run: Promise<unknown>) =>
  run.then(() => 'done').catch((cause: unknown) => cause)

/** Seals over a vault in memory and a master key in the settings. */
export async function settingsSeals(options: Partial<SealsOptions> = {}, ...keys: string[]) {
  const vault = options.vault ?? createMemoryVault()
  const clock = createManualClock()
  const masterKeys = masterKeysFromSettings(keys.length > 0 ? keys : [KEY_A])
  const seals = await openSeals({ vault, masterKeys, clock, ...options })
  return { vault, clock, seals }
}

/** Folders that are gone after the test. */
export function temporaryFolders(): () => string {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  })
  return () => {
    const folder = mkdtempSync(join(os.tmpdir(), 'veza-seals-'))
    folders.push(folder)
    return folder
  }
}

/** One installation: a key file and a vault, at which several processes may work. */
export function installation(folder: string, vault: Vault = createMemoryVault()) {
  const path = join(folder, 'master.key')
  const source = () => masterKeyFile(path)
  return {
    path,
    vault,
    source,
    lines: () => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []),
    files: () => readdirSync(folder).toSorted(),
    /** Another process opens it. */
    open: (over: { vault?: Vault; masterKeys?: MasterKeySource } = {}) =>
      openSeals({ vault, masterKeys: source(), clock: systemClock, ...over }),
  }
}

export const subjectKeys = (vault: Vault): Promise<VaultEntry[]> => allEntries(vault, 'key:')
