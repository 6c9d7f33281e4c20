import { Refusal } from '#events/refusal.ts'

import { ALL_STREAM } from '#gateways/eventstoredb/access.ts'
import { finding } from '#gateways/eventstoredb/answers.ts'
import type { Door } from '#gateways/eventstoredb/command.ts'
import { Group } from '#gateways/eventstoredb/persistent/group.ts'
import { groupRefusal } from '#gateways/eventstoredb/persistent/refusals.ts'
import type { GroupConfig, GroupName } from '#gateways/eventstoredb/persistent/settings.ts'
import { assertNameable, createGroupStore } from '#gateways/eventstoredb/persistent/store.ts'
import { DOOR_REFUSALS } from '#gateways/eventstoredb/replies.ts'
import { sourceOf } from '#gateways/eventstoredb/sources.ts'

/** The persistent subscriptions of this server. Errors: `Refusal`, and those of the log. */
export interface Groups {
  /** Reads from the log which there are. */
  start(): Promise<void>
  create(config: GroupConfig): Promise<void>
  /** New settings; those who read it are dropped and come again. What is settled stays so. */
  update(name: GroupName, change: (config: GroupConfig) => Promise<GroupConfig>): Promise<void>
  delete(name: GroupName): Promise<void>
  find(name: GroupName): Group
  list(stream?: string): readonly Group[]
  parkedCount(name: GroupName): Promise<number>
  /** Drops all who read and begins again from what the log holds. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const keyOf = ({ stream, group }: GroupName) => `${stream}::${group}`

export function createGroups(door: Door): Groups {
  const store = createGroupStore(door)
  const groups = new Map<string, Group>()
  /** Changes are made one after the other. */
  let changing: Promise<unknown> = Promise.resolve()

  function alone<T>(change: () => Promise<T>): Promise<T> {
    const done = changing.then(change)
    changing = done.catch(() => {})
    return done
  }

  async function open(config: GroupConfig): Promise<void> {
    const checkpoint = await store.checkpoint(config)
    const deps = { door, store, find: findingOf(door, config) }
    groups.set(keyOf(config), new Group(deps, config, checkpoint))
  }

  function find(name: GroupName): Group {
    const group = groups.get(keyOf(name))
    if (group) return group
    throw groupRefusal(name, DOOR_REFUSALS.groupUnknown, 'is not there')
  }

  const configs = (but?: Group) =>
    [...groups.values()].filter((group) => group !== but).map(({ config }) => config)

  async function load(): Promise<void> {
    for (const config of await store.load()) await open(config)
  }

  async function close(): Promise<void> {
    await Promise.all([...groups.values()].map((group) => group.stop()))
    groups.clear()
  }

  return {
    start: () => alone(load),
    create: (config) =>
      alone(async () => {
        if (groups.has(keyOf(config))) {
          throw groupRefusal(config, DOOR_REFUSALS.groupExists, 'is there already')
        }
        if (groups.size >= door.limits.groups) {
          throw new Refusal(DOOR_REFUSALS.tooMuch, 'There are too many persistent subscriptions.')
        }
        assertNameable(config)
        await store.begin(config)
        await store.save([...configs(), config])
        await open(config)
      }),
    update: (name, change) =>
      alone(async () => {
        const group = find(name)
        const config = await change(group.config)
        await store.save([...configs(group), config])
        await group.stop()
        await open(config)
      }),
    delete: (name) =>
      alone(async () => {
        const group = find(name)
        await store.save(configs(group))
        groups.delete(keyOf(name))
        await group.stop()
        await store.forget(name)
      }),
    find,
    list: (stream) =>
      [...groups.values()].filter(({ config }) => stream === undefined || config.stream === stream),
    async parkedCount(name) {
      const { from, to } = await store.parkedRange(name)
      return to - from
    },
    restart: () =>
      alone(async () => {
        await close()
        await load()
      }),
    stop: () => alone(close),
  }
}

/** Links lead where they point, whoever reads: it is a siteop who has made the group so. */
function findingOf({ log }: Door, { stream, settings }: GroupConfig) {
  const source = stream === ALL_STREAM ? ({ kind: 'all' } as const) : sourceOf(stream)
  return finding(log, source, settings.resolvesLinks, async () => true)
}
