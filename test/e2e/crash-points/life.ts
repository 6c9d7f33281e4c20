import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

import type { Answer, ProgramOptions, Request, Said } from '#test/e2e/crash-points/protocol.ts'

export const PROGRAM = new URL('./program.ts', import.meta.url).pathname

/** The program died before it had answered: what was asked may have been done or not. */
export class Died extends Error {}

export interface LifeOptions {
  readonly program: ProgramOptions
  /** Told of all that is no answer, in the order in which it was said. */
  readonly heard: (said: Exclude<Said, Answer>) => void
  /** What the program is run under, before its own path. Default: this Node. */
  readonly launcher?: readonly string[]
}

/** One life of the program, from its start to its death. */
export class Life {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>()
  readonly #heard: LifeOptions['heard']
  readonly #ready = Promise.withResolvers<void>()
  #asked = 0
  #isOver = false
  #errors = ''
  /** Resolves, when all that it has said has been read, with how it ended. */
  readonly ended: Promise<{ readonly signal: string | null; readonly code: number | null }>

  constructor({ program, heard, launcher = [process.execPath] }: LifeOptions) {
    this.#heard = heard
    const [command, ...before] = launcher
    this.#child = spawn(command!, [...before, PROGRAM, JSON.stringify(program)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    // A test that fails may leave it behind.
    const orphaned = () => void this.#child.kill('SIGKILL')
    process.once('exit', orphaned)
    this.#child.once('exit', () => process.off('exit', orphaned))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text))
    // What is written to it when it is dead; its end is noticed by itself.
    this.#child.stdin.on('error', () => {})
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line))
    this.ended = this.#end()
    this.#ready.promise.catch(() => {})
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** For a test that fails. */
  get errors(): string {
    return this.#errors
  }

  /** Resolves when it takes commands; rejects with `Died` when it does not come to that. */
  ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Rejects with `Died`. */
  ask(request: Request): Promise<Answer> {
    if (this.#isOver) return Promise.reject(new Died())
    const number = ++this.#asked
    const waiting = Promise.withResolvers<Answer>()
    this.#waiting.set(number, waiting)
    this.#child.stdin.write(`${JSON.stringify({ ...request, number })}\n`)
    return waiting.promise
  }

  /** Ends it in order; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.ask({ ask: 'stop' }).catch(() => {})
    return (await this.ended).code
  }

  kill(): void {
    if (!this.#isOver) this.#child.kill('SIGKILL')
  }

  #hear(line: string): void {
    // The last line may have been cut short by death.
    if (!line.endsWith('}')) return
    const said = JSON.parse(line) as Said
    if (!('number' in said)) {
      if (said.say === 'ready') this.#ready.resolve()
      else this.#heard(said)
      return
    }
    this.#waiting.get(said.number)?.resolve(said)
    this.#waiting.delete(said.number)
  }

  async #end() {
    const [code, signal] = (await once(this.#child, 'close')) as [number | null, string | null]
    this.#isOver = true
    this.#ready.reject(new Died(`it ended with ${code ?? signal}: ${this.#errors}`))
    for (const { reject } of this.#waiting.values()) reject(new Died())
    return { code, signal }
  }
}
