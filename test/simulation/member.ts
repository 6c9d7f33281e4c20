import { crc32 } from 'node:zlib'

import type { Command } from '#actors/kernel/host.ts'
import { SITE_ROOM } from '#actors/room/room.commands.ts'

import { Client } from '#test/simulation/client.ts'
import type { Random } from '#test/simulation/random.ts'
import { SECTION, type VezaNode } from '#test/simulation/veza-node.ts'
import type { World } from '#test/simulation/world.ts'

/** Releases that members have heard of. */
export interface Releases {
  readonly known: { name: string; race: string }[]
  made: number
}

const FILES = 6
const ROOMS = [SITE_ROOM, SITE_ROOM, 'talk']
const FLOOD = 300

const checksumOf = (name: string) => crc32(name).toString(16).padStart(8, '0')

/** Somebody who connects, races, talks and quarrels, as the seed will have it. */
export class Member {
  readonly #name: string
  readonly #world: World
  readonly #random: Random
  readonly #client: Client
  readonly #releases: Releases
  #connection = ''

  constructor(name: string, world: World, nodes: readonly VezaNode[], releases: Releases) {
    this.#name = name
    this.#world = world
    this.#random = world.random.fork(`member ${name}`)
    this.#client = new Client(world, nodes, this.#random)
    this.#releases = releases
  }

  async live(): Promise<void> {
    await this.#connect()
    for (let step = 0; step < this.#world.conditions.steps; step++) {
      await this.#world.outside.pause(1, this.#random.chance(0.1) ? 4_000 : 200)
      await this.#act()
    }
    if (this.#random.chance(0.5)) await this.#tell('connection', this.#connection, CLOSE)
  }

  #act(): Promise<unknown> {
    const chance = this.#random.below(100)
    if (chance < 10) return this.#makeRelease()
    if (chance < 20) return this.#race((race) => this.#upload(race, 'rel.sfv'))
    if (chance < 55) return this.#race((race) => this.#upload(race, this.#file()))
    if (chance < 60) return this.#race((race) => this.#tellRace(race, 'delete-file'))
    if (chance < 63) {
      return this.#race((race) =>
        this.#tell('race', race, {
          type: 'race.rename-file',
          from: this.#file(),
          to: this.#file(),
        }),
      )
    }
    if (chance < 66) return this.#renameRelease()
    if (chance < 68) return this.#race((race) => this.#tell('race', race, { type: 'race.remove' }))
    if (chance < 72) return this.#connect()
    if (chance < 73) return this.#talk(FLOOD)
    return this.#talk(1 + this.#random.below(3))
  }

  async #connect(): Promise<void> {
    this.#connection = this.#world.outside.ids.next()
    await this.#tell('connection', this.#connection, {
      type: 'connection.open',
      gateway: 'irc',
      node: 'simulated',
    })
    // Who does not log in is sent away by the deadline.
    if (this.#random.chance(0.3)) return
    await this.#tell('connection', this.#connection, {
      type: 'connection.authenticate',
      account: this.#name,
      group: 'GRP',
      method: 'password',
      remote: null,
    })
  }

  async #makeRelease(): Promise<void> {
    const name = `Release.${this.#random.chance(0.2) ? 0 : this.#releases.made++}-GRP`
    const race = this.#world.outside.ids.next()
    const made = await this.#tell('section', SECTION, {
      type: 'section.create-release',
      release: name,
      race,
    })
    if (made === undefined) return
    this.#releases.known.push({ name, race })
    await this.#tell('race', race, { type: 'race.create', section: SECTION, release: name })
  }

  async #race(act: (race: string) => Promise<unknown>): Promise<void> {
    const { known } = this.#releases
    if (known.length === 0) return await this.#makeRelease()
    // Mostly in the newest release, so that there is a race.
    const release = this.#random.chance(0.7) ? known.at(-1)! : this.#random.pick(known)
    await act(release.race)
  }

  async #upload(race: string, file: string): Promise<void> {
    const uploadId = this.#world.outside.ids.next()
    const release = this.#releases.known.find((each) => each.race === race)!.name
    const begun = await this.#tell('race', race, {
      type: 'race.begin-upload',
      section: SECTION,
      release,
      file,
      uploadId,
      group: 'GRP',
      offsetBytes: 0,
    })
    if (begun === undefined && this.#random.chance(0.8)) return
    await this.#world.outside.pause(1, 100)
    const command = { file, uploadId }
    if (this.#random.chance(0.1)) {
      const abort = { type: 'race.abort-upload', receivedBytes: 7, reason: 'simulated' }
      await this.#tell('race', race, { ...abort, ...command })
      return
    }
    const names = Array.from({ length: FILES }, (_, n) => `r${n}`)
    await this.#tell('race', race, {
      type: 'race.finish-upload',
      ...command,
      sizeBytes: 1 + this.#random.below(10_000),
      crc32: this.#random.chance(0.1) ? '00000000' : checksumOf(file),
      durationMs: 1 + this.#random.below(500),
      ...(file.endsWith('.sfv') && {
        sfvText: names.map((name) => `${name} ${checksumOf(name)}`).join('\r\n'),
      }),
    })
  }

  #tellRace(race: string, what: 'delete-file'): Promise<unknown> {
    const file = this.#random.chance(0.1) ? 'rel.sfv' : this.#file()
    return this.#tell('race', race, { type: `race.${what}`, file })
  }

  async #renameRelease(): Promise<void> {
    const { known } = this.#releases
    if (known.length === 0) return
    const release = this.#random.pick(known)
    const to = `Renamed.${this.#releases.made++}-GRP`
    const command = { type: 'section.rename-release', from: release.name, to }
    if ((await this.#tell('section', SECTION, command)) === undefined) return
    release.name = to
    await this.#tell('race', release.race, { type: 'race.rename', section: SECTION, release: to })
  }

  /** Says so many things at once: many of them may find the mailbox full. */
  async #talk(count: number): Promise<void> {
    const room = this.#random.pick(ROOMS)
    await this.#tell('room', room, { type: 'room.create', name: room })
    await this.#tell('room', room, { type: 'room.join' })
    const says = Array.from({ length: count }, (_, n) => ({
      type: 'room.post',
      text: `word ${n}`,
    }))
    await Promise.all(says.map((say) => this.#tell('room', room, say)))
    if (this.#random.chance(0.3)) {
      await this.#tell('room', room, { type: 'room.leave', reason: '' })
    }
  }

  #file(): string {
    return `r${this.#random.below(FILES)}`
  }

  #tell(kind: string, id: string, command: Command & Record<string, unknown>) {
    const flags = this.#random.chance(0.2) ? '1' : ''
    const context = { by: this.#name, flags, connection: this.#connection }
    return this.#client.send({ kind, id }, command, context)
  }
}

const CLOSE = { type: 'connection.close', reason: 'bye', receivedBytes: 0, sentBytes: 0 }
