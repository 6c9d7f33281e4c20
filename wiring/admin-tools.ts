import { Refusal } from '#events/refusal.ts'
import type { AdminActions } from '#gateways/cli/admin/run-operation.ts'
import type { CommandSettings } from '#gateways/cli/command-settings.ts'
import { askServer } from '#gateways/control/client.ts'
import { performForOperator } from '#gateways/control/operations.ts'
import { isAnswering } from '#gateways/control/server.ts'
import { dataFolder } from '#infra/config/data-folder.ts'
import type { Settings } from '#infra/config/settings.ts'
import { createLogger } from '#infra/telemetry/logger.ts'

import { type Core, openCore } from './core.ts'
import { importGlftpd } from './import-glftpd.ts'
import { operatorDeps } from './operator.ts'
import type { Terminal } from './terminal.ts'

/** The commands that administer: by the running server, or by the log alone when none runs. */
export function createAdminActions(
  settingsFrom: (given: CommandSettings) => Settings,
  terminal: Terminal,
): AdminActions {
  return {
    say: terminal.say,
    complain: terminal.complain,

    async operate(given, operation, params) {
      const settings = settingsFrom(given)
      const { controlSocket } = dataFolder(settings.data_dir)
      if (await isAnswering(controlSocket)) {
        const request = { method: 'operate', params: { operation, params } } as const
        return await askServer(controlSocket, request)
      }
      return await withCore(settings, (core) =>
        performForOperator(operatorDeps(core, settings), operation, params),
      )
    },

    async importGlftpd(given, folder, options) {
      const settings = settingsFrom(given)
      const { controlSocket } = dataFolder(settings.data_dir)
      if (await isAnswering(controlSocket)) {
        const words = 'A server runs with this data folder: stop it, import, and start it again.'
        throw new Refusal('server-runs', words)
      }
      return await withCore(settings, (core) =>
        importGlftpd(core, operatorDeps(core, settings).node, folder, options, terminal),
      )
    },
  }
}

async function withCore<T>(settings: Settings, run: (core: Core) => Promise<T>): Promise<T> {
  const core = await openCore(dataFolder(settings.data_dir), settings, createLogger('warn'))
  try {
    return await run(core)
  } finally {
    await core.endings.run()
  }
}
