import { randomBytes } from 'node:crypto'

import { ACCOUNT_REFUSALS } from '#actors/account/account.commands.ts'
import { checkPassword } from '#events/password-rules.ts'
import { Refusal } from '#events/refusal.ts'
import { isTaken, makeAccount } from '#gateways/members/administration/make-account.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import type { Settings } from '#infra/config/settings.ts'

import type { Core } from './core.ts'
import { ids } from './ids.ts'

const NAME = 'admin'

/** The first administrator, by whom there is nobody yet; answers the password that it generated. */
export async function makeAdministrator(
  core: Core,
  { admin_password: given }: Settings,
): Promise<string | undefined> {
  const deps = { ...core, ids }
  if (await isTaken(deps, NAME)) return undefined
  const password = given ?? randomBytes(12).toString('base64url')
  if (given !== undefined) assertGood(given)
  const account = {
    name: NAME,
    password,
    group: 'STAFF',
    flags: '1',
    role: 'administrator',
  } as const
  const context = { by: null, connection: null, commandId: ids.next() }
  try {
    await makeAccount(deps, account, context)
  } catch (cause) {
    // Another process of the cluster starts for the first time too.
    if (cause instanceof Refusal && cause.code === ACCOUNT_REFUSALS.accountExists) return undefined
    throw cause
  }
  return given === undefined ? password : undefined
}

function assertGood(password: string): void {
  try {
    checkPassword(password, NAME)
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    throw new SettingsError(`admin_password cannot be used: ${cause.message}`, { cause })
  }
}
