import type { Logger } from 'pino'
import { Registry } from 'prom-client'

import { accountActor } from '#actors/account/account.actor.ts'
import { connectionActor } from '#actors/connection/connection.actor.ts'
import { createHost } from '#actors/kernel/create-host.ts'
import { assertKnownFacts } from '#actors/kernel/known-facts.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import { roomActor } from '#actors/room/room.actor.ts'
import { SITE_ROOM } from '#actors/room/room.commands.ts'
import { sectionActor } from '#actors/section/section.actor.ts'
import { createAccounts } from '#gateways/kernel/accounts.ts'
import { createArgon2Passwords } from '#infra/argon2/argon2-passwords.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { type DataFolder, makeDataFolder } from '#infra/config/data-folder.ts'
import type { Settings } from '#infra/config/settings.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { createLmdbHostStore } from '#infra/lmdb/lmdb-host-store.ts'
import { createLmdbVault } from '#infra/lmdb/lmdb-vault.ts'

export const SECTION = 'incoming'
export const actors = [accountActor, connectionActor, raceActor, roomActor, sectionActor]
export const ids = createUuidV7(systemClock)

/** Things to end, in the reverse of the order in which they were begun. */
export class Endings {
  readonly #endings: (() => Promise<void>)[] = []

  add(end: () => Promise<void> | void): void {
    this.#endings.push(async () => end())
  }

  async run(): Promise<void> {
    for (let end = this.#endings.pop(); end; end = this.#endings.pop()) await end()
  }
}

/** The log, the host and what they need: enough to give commands, without any gateway. */
export async function openCore(folder: DataFolder, settings: Settings, logger: Logger) {
  makeDataFolder(folder)
  const endings = new Endings()
  const registry = new Registry()
  const report = (what: string, cause: unknown) => logger.error({ err: cause, what }, 'fault')
  const log = createLmdbEventLog({
    path: folder.log,
    clock: systemClock,
    durability: settings.durability,
    report: (cause) => report('log', cause),
  })
  endings.add(() => log.close())
  await assertKnownFacts(log, ids, systemClock)
  const store = createLmdbHostStore(folder.host)
  endings.add(() => store.close())
  const vault = createLmdbVault(folder.vault)
  endings.add(() => vault.close())
  const passwords = createArgon2Passwords()
  const host = createHost({ definitions: actors, log, store, clock: systemClock, registry, report })
  endings.add(() => host.stop())
  const accounts = createAccounts({ host, vault, passwords, ids })
  const create = (kind: string, name: string) =>
    host.send({ kind, id: name }, { type: `${kind}.create`, name } as never, {
      by: null,
      connection: null,
      commandId: ids.next(),
    })
  await create('section', SECTION)
  await create('room', SITE_ROOM)
  return { log, store, vault, passwords, host, accounts, registry, endings, report }
}

export type Core = Awaited<ReturnType<typeof openCore>>
