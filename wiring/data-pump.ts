import type { DataPump } from '#events/data-pump.ts'
import type { Settings } from '#infra/config/settings.ts'
import { createDataPump } from '#infra/data-pump/data-pump.ts'

import type { Endings } from './core.ts'

/** The pump of transfers, where this machine has one; it ends after those that use it. */
export async function startDataPump(
  settings: Settings,
  endings: Endings,
): Promise<DataPump | undefined> {
  const pump = settings.ftp_data_threads ? await createDataPump() : undefined
  endings.add(() => pump?.stop())
  return pump
}
