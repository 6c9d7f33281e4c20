import { crc32 } from 'node:zlib'

import type { ProcessLife } from '#test/simulation/process-life.ts'
import type { Random } from '#test/simulation/random.ts'

/** The disk did not do it. */
export class DiskFault extends Error {
  readonly code: 'ENOSPC' | 'EIO'

  constructor(code: 'ENOSPC' | 'EIO') {
    super(`the simulated disk says ${code}`)
    this.code = code
  }
}

interface File {
  /** All that was written, as a process that is alive reads it. */
  readonly lines: string[]
  /** How many of them a power cut leaves. */
  synced: number
  /** Being written now: any part of it may be there after a crash. */
  writing: readonly string[]
}

/**
 * A disk with files of lines. What was written and not synced is lost in a power cut, all or from
 * some line on, and the line where it stops may be torn or flipped.
 */
export class SimulatedDisk {
  readonly #random: Random
  readonly #isSyncALie: boolean
  readonly #files = new Map<string, File>()
  /** Writes fail while it is full. */
  isFull = false
  /** How likely a write or sync fails. */
  errorRate = 0
  /** Each access takes up to so long. */
  slownessMs = 2

  constructor(random: Random, isSyncALie = false) {
    this.#random = random
    this.#isSyncALie = isSyncALie
  }

  /** The lines that are whole, up to the first that is not. */
  async read(life: ProcessLife, name: string): Promise<string[]> {
    await life.pause(0.1, this.slownessMs)
    const whole: string[] = []
    for (const line of this.#file(name).lines) {
      const text = unframe(line)
      if (text === undefined) break
      whole.push(text)
    }
    return whole
  }

  /** Appends lines. A failure may leave some of them. */
  async write(life: ProcessLife, name: string, texts: readonly string[]): Promise<void> {
    const file = this.#file(name)
    const framed = texts.map(frame)
    file.writing = framed
    await life.pause(0.1, this.slownessMs)
    file.writing = []
    const fault = this.#fault()
    const kept = fault ? framed.slice(0, this.#random.below(framed.length + 1)) : framed
    file.lines.push(...kept)
    if (fault) throw fault
  }

  async sync(life: ProcessLife, name: string): Promise<void> {
    const file = this.#file(name)
    const through = file.lines.length
    await life.pause(0.1, 2 * this.slownessMs)
    const fault = this.#fault()
    if (fault) throw fault
    if (!this.#isSyncALie) file.synced = Math.max(file.synced, through)
  }

  /** Cuts a file, durably. */
  async truncate(life: ProcessLife, name: string, length: number): Promise<void> {
    await life.pause(0.1, this.slownessMs)
    const fault = this.#fault()
    if (fault) throw fault
    const file = this.#file(name)
    file.lines.length = Math.min(length, file.lines.length)
    file.synced = Math.min(file.synced, file.lines.length)
  }

  /** What the end of its process, or of its power, does to the disk. */
  crash(isPowerLost: boolean): void {
    for (const file of this.#files.values()) {
      const unsure = [...(isPowerLost ? file.lines.splice(file.synced) : []), ...file.writing]
      const kept = this.#random.below(unsure.length + 1)
      file.lines.push(...unsure.slice(0, kept))
      const torn = unsure[kept]
      if (torn !== undefined && this.#random.chance(0.5)) file.lines.push(this.#damage(torn))
      file.writing = []
      file.synced = isPowerLost ? file.lines.length : Math.min(file.synced, file.lines.length)
    }
  }

  /** Forgets the newest lines of a file: all, when no count is given. */
  forget(name: string, count = Number.POSITIVE_INFINITY): void {
    const file = this.#file(name)
    file.lines.length = Math.max(0, file.lines.length - count)
    file.synced = Math.min(file.synced, file.lines.length)
  }

  #damage(line: string): string {
    const at = this.#random.below(line.length)
    const cut = line.slice(0, at)
    return this.#random.chance(0.5) ? cut : `${cut}\u0000${line.slice(at + 1)}`
  }

  #fault(): DiskFault | undefined {
    if (this.isFull) return new DiskFault('ENOSPC')
    return this.#random.chance(this.errorRate) ? new DiskFault('EIO') : undefined
  }

  #file(name: string): File {
    let file = this.#files.get(name)
    if (!file) this.#files.set(name, (file = { lines: [], synced: 0, writing: [] }))
    return file
  }
}

function frame(text: string): string {
  return `${crc32(text).toString(16)} ${text}`
}

function unframe(line: string): string | undefined {
  const space = line.indexOf(' ')
  const text = line.slice(space + 1)
  return space > 0 && crc32(text).toString(16) === line.slice(0, space) ? text : undefined
}
