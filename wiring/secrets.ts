import { join } from 'node:path'

import type { Vault } from '#events/vault.ts'
import { createArgon2Passwords } from '#infra/argon2/argon2-passwords.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import type { DataFolder } from '#infra/config/data-folder.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import type { Settings } from '#infra/config/settings.ts'
import { masterKeyFile } from '#infra/seals/key-file.ts'
import { masterKeysFromSettings } from '#infra/seals/master-keys.ts'
import { openSeals } from '#infra/seals/open-seals.ts'

import { isClustered } from './cluster.ts'

/** What seals personal data, and what checks passwords. */
export async function openSecrets(folder: DataFolder, settings: Settings, vault: Vault) {
  const seals = await openSeals({
    vault,
    masterKeys: masterKeysOf(folder, settings),
    clock: systemClock,
  })
  const passwords = createArgon2Passwords({
    memoryKib: settings.password_memory_kib,
    passes: settings.password_passes,
    scramIterations: settings.scram_iterations,
  })
  return { seals, passwords, close: () => passwords.close() }
}

function masterKeysOf(folder: DataFolder, settings: Settings) {
  const { master_key: keys, master_key_file: file } = settings
  if (keys !== undefined) return masterKeysFromSettings(keys.split(/[\s,]+/))
  if (isClustered(settings)) {
    throw new SettingsError('master_key is needed too: a cluster shares one vault')
  }
  return masterKeyFile(file ?? join(folder.path, 'master.key'))
}
