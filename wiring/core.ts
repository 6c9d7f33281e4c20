import { hostname } from 'node:os'

import type { Logger } from 'pino'
import { Registry } from 'prom-client'

import { createHost } from '#actors/kernel/create-host.ts'
import { assertKnownFacts } from '#actors/kernel/known-facts.ts'
import { SITE_POLICY } from '#actors/policy/policy.commands.ts'
import { SITE_ROOM } from '#actors/room/room.commands.ts'
import { SITE } from '#actors/site/site.commands.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { ids } from './ids.ts'
import { type DataFolder, makeDataFolder } from '#infra/config/data-folder.ts'
import type { Settings } from '#infra/config/settings.ts'
import { connectNats } from '#infra/nats/connect-nats.ts'

import { actors } from './actors.ts'
import { isClustered, joinCluster } from './cluster.ts'
import { openMembers } from './members.ts'
import { openSecrets } from './secrets.ts'
import { openLog, openStores } from './stores.ts'

/** The section of a new site. */
const SECTION = 'incoming'

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
  const endings = new Endings()
  try {
    return await compose(folder, settings, logger, endings)
  } catch (cause) {
    await endings.run()
    throw cause
  }
}

async function compose(folder: DataFolder, settings: Settings, logger: Logger, endings: Endings) {
  makeDataFolder(folder)
  const registry = new Registry()
  const report = (what: string, cause: unknown) => logger.error({ err: cause, what }, 'fault')
  const log = await openLog(folder, settings, (cause) => report('log', cause))
  endings.add(() => log.close())
  await assertKnownFacts(log, ids, systemClock)
  const stores = await openStores(folder, settings, logger)
  endings.add(() => stores.close())
  const { store, vault } = stores
  const nats = await openNats(settings, report)
  endings.add(() => nats?.close())
  const { seals, passwords, close } = await openSecrets(folder, settings, vault)
  endings.add(close)
  const local = createHost({
    definitions: actors,
    log,
    store,
    clock: systemClock,
    registry,
    report,
  })
  endings.add(() => local.stop())
  const cluster =
    nats && isClustered(settings) ? await joinCluster(settings, nats, local, report) : undefined
  const host = cluster?.host ?? local
  endings.add(() => host.stop())
  const create = (kind: string, id: string, name = id) =>
    host.send({ kind, id }, { type: `${kind}.create`, name } as never, {
      by: null,
      connection: null,
      commandId: ids.next(),
    })
  await create('site', SITE, SECTION)
  await create('section', SECTION)
  await create('room', SITE_ROOM)
  await create('policy', SITE_POLICY)
  const shared = { host, vault, seals, passwords, registry }
  const { members, tokens, signingKeys } = await openMembers(shared, settings, report)
  endings.add(() => signingKeys.close())
  return {
    ...shared,
    log,
    store,
    nats,
    cluster,
    members,
    tokens,
    signingKeys,
    endings,
    report,
  }
}

async function openNats(settings: Settings, report: (what: string, cause: unknown) => void) {
  const { nats_url: url, nats_token: token, node_name: name = hostname() } = settings
  if (url === undefined) return undefined
  return await connectNats({
    url,
    ...(token !== undefined && { token }),
    name,
    clock: systemClock,
    report: (cause) => report('nats', cause),
  })
}

export type Core = Awaited<ReturnType<typeof openCore>>
