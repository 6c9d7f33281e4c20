import { crc32 } from 'node:zlib'

import type { Command, Receipt } from '#actors/kernel/host.ts'
import { SITE_ROOM } from '#actors/room/room.commands.ts'
import type { Ids } from '#events/clock.ts'

import { SECTION } from '#test/e2e/crash-points/site.ts'
import type { SiteRun } from '#test/e2e/crash-points/site-run.ts'
import type { Random } from '#test/simulation/random.ts'

/** Releases that the members know. */
export interface Releases {
  readonly known: { readonly name: string; readonly race: string }[]
}

export interface MemberOptions {
  readonly name: string
  readonly run: SiteRun
  readonly releases: Releases
  readonly random: Random
  readonly ids: Ids
}

const FILES = Array.from({ length: 12 }, (_, n) => `part.r${String(n).padStart(2, '0')}`)
const ROOMS = [SITE_ROOM, 'talk']

const checksumOf = (name: string) => crc32(name).toString(16).padStart(8, '0')

/** Somebody who connects, races and talks without a pause until there is no life any more. */
export class Member {
  readonly #options: MemberOptions
  #connection = ''
  #isLeaving = false

  constructor(options: MemberOptions) {
    this.#options = options
  }

  /** Resolves once it has left: see `leave`. Rejects with `Died` when the run ends before. */
  async live(): Promise<void> {
    await this.#connect()
    while (!this.#isLeaving) await this.#act()
  }

  /** It finishes what it does, with an answer to each of its commands, and goes. */
  leave(): void {
    this.#isLeaving = true
  }

  async #act(): Promise<void> {
    const { random, releases } = this.#options
    const chance = random.below(100)
    if (chance < 6 || releases.known.length === 0) await this.#makeRelease()
    else if (chance < 12) await this.#upload('release.sfv')
    else if (chance < 60) await this.#upload(random.pick(FILES))
    else if (chance < 65) await this.#deleteFile()
    else if (chance < 75) await this.#connect()
    else await this.#talk(1 + random.below(4))
  }

  async #connect(): Promise<void> {
    const { name, random, ids } = this.#options
    this.#connection = ids.next()
    const open = { type: 'connection.open', gateway: 'irc', node: 'e2e' }
    await this.#tell('connection', this.#connection, open)
    // Who does not log in is sent away by the deadline.
    if (random.chance(0.4)) return
    const proof = { method: 'password', remote: null }
    const authenticate = {
      type: 'connection.authenticate',
      account: name,
      group: 'GRP',
      ...proof,
    }
    await this.#tell('connection', this.#connection, authenticate)
  }

  async #makeRelease(): Promise<void> {
    const { releases, ids } = this.#options
    const race = ids.next()
    const name = `Release.${releases.known.length}-GRP`
    const create = { type: 'section.create-release', release: name, race }
    // Another member may have been faster.
    if (!(await this.#tell('section', SECTION, create))) return
    releases.known.push({ name, race })
    await this.#tell('race', race, { type: 'race.create', section: SECTION, release: name })
  }

  async #upload(file: string): Promise<void> {
    const { random, releases, ids } = this.#options
    const { race, name } = random.chance(0.8) ? releases.known.at(-1)! : random.pick(releases.known)
    const upload = { file, uploadId: ids.next() }
    const begun = await this.#tell('race', race, {
      type: 'race.begin-upload',
      section: SECTION,
      release: name,
      ...upload,
      group: 'GRP',
      offsetBytes: 0,
    })
    if (!begun) return
    const sfvText = FILES.map((part) => `${part} ${checksumOf(part)}`).join('\r\n')
    await this.#tell('race', race, {
      type: 'race.finish-upload',
      ...upload,
      sizeBytes: 1 + random.below(10_000),
      crc32: random.chance(0.1) ? '00000000' : checksumOf(file),
      durationMs: 1 + random.below(500),
      ...(file.endsWith('.sfv') && { sfvText }),
    })
  }

  async #deleteFile(): Promise<void> {
    const { random, releases } = this.#options
    const { race } = random.pick(releases.known)
    await this.#tell('race', race, { type: 'race.delete-file', file: random.pick(FILES) })
  }

  /** Says so many things at once, so that they are appended together. */
  async #talk(count: number): Promise<void> {
    const room = this.#options.random.pick(ROOMS)
    await this.#tell('room', room, { type: 'room.create', name: room })
    await this.#tell('room', room, { type: 'room.join' })
    const says = Array.from({ length: count }, (_, n) => ({ type: 'room.post', text: `word ${n}` }))
    await Promise.all(says.map((say) => this.#tell('room', room, say)))
  }

  #tell(
    kind: string,
    id: string,
    command: Command & Record<string, unknown>,
  ): Promise<Receipt | undefined> {
    const { name, run, ids } = this.#options
    const context = { by: name, connection: this.#connection, commandId: ids.next() }
    return run.tell({ kind, id }, command, context)
  }
}
