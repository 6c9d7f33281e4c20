import type { Command } from 'commander'

import { addAccessCommands, addForget } from '#gateways/cli/admin/access-commands.ts'
import { addAccountCommands } from '#gateways/cli/admin/account-commands.ts'
import { addAffilCommands } from '#gateways/cli/admin/affil-commands.ts'
import { addCreditCommands } from '#gateways/cli/admin/credit-commands.ts'
import { addGroupCommands } from '#gateways/cli/admin/group-commands.ts'
import { type AdminActions, createAskAdmin } from '#gateways/cli/admin/run-operation.ts'
import { addSectionCommands } from '#gateways/cli/admin/section-commands.ts'
import { addImportCommand, addSiteCommands } from '#gateways/cli/admin/site-commands.ts'
import type { CommandSettings } from '#gateways/cli/command-settings.ts'

/** Adds the commands that administer members and the site. */
export function addAdminCommands(
  program: Command,
  actions: AdminActions,
  given: () => CommandSettings,
  run: (action: Promise<number>) => Promise<void>,
): void {
  const ask = createAskAdmin(actions, given, run)
  const account = program.command('account').description('manage members')
  addAccountCommands(account, ask)
  addAccessCommands(account, ask)
  addForget(program, ask)
  addGroupCommands(program, ask)
  addCreditCommands(program, ask)
  addSectionCommands(program, ask)
  addAffilCommands(program, ask)
  addSiteCommands(program, ask)
  addImportCommand(program, actions, given, run)
}
