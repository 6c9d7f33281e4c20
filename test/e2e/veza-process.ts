import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const main = new URL('../../main.ts', import.meta.url).pathname
export const ADMIN_PASSWORD = 'gate-lantern-42'

export interface VezaProcessOptions {
  /** Settings as `VEZA_…`, besides those that every test needs. */
  readonly environment?: Record<string, string>
  /** A process group of its own, as a shell gives to what it starts. */
  readonly hasOwnGroup?: boolean
}

/** A server as a user starts it: its own process, its own data folder, any free ports. */
export class VezaProcess {
  readonly dataDir: string
  ports: { ftp: number; irc: number; http: number; eventstore?: number } = {
    ftp: 0,
    irc: 0,
    http: 0,
  }
  readonly #environment: Record<string, string>
  readonly #hasOwnGroup: boolean
  #child: ChildProcess | undefined
  #exited: Promise<number | null> | undefined
  /** What it has logged, for a test that fails. */
  errors = ''

  private constructor(dataDir: string, options: VezaProcessOptions) {
    this.dataDir = dataDir
    this.#environment = options.environment ?? {}
    this.#hasOwnGroup = options.hasOwnGroup ?? false
  }

  static async create(options: VezaProcessOptions = {}): Promise<VezaProcess> {
    return new VezaProcess(await mkdtemp(join(tmpdir(), 'veza-e2e-')), options)
  }

  get pid(): number {
    return this.#child!.pid!
  }

  get url(): string {
    return `http://127.0.0.1:${this.ports.http}`
  }

  #env(): NodeJS.ProcessEnv {
    // What the machine has set for a veza of its own must not reach this one.
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith('VEZA_'))
    return {
      ...Object.fromEntries(others),
      VEZA_DATA_DIR: this.dataDir,
      VEZA_FTP_PORT: '0',
      VEZA_IRC_PORT: '0',
      VEZA_HTTP_PORT: '0',
      VEZA_EVENTSTORE_DOOR_PORT: '0',
      VEZA_ADMIN_PASSWORD: ADMIN_PASSWORD,
      ...this.#environment,
    }
  }

  /** Resolves when it says that it is ready; rejects with its log when it ends before. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [main, 'start', '--json'], {
      env: this.#env(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: this.#hasOwnGroup,
    })
    this.#child = child
    this.#exited = new Promise((resolve) => child.once('exit', resolve))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.errors += text))
    const ready = new Promise<void>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const { ready: isReady, ...ports } = JSON.parse(line) as VezaProcess['ports'] & {
          ready?: boolean
        }
        if (!isReady) return
        this.ports = ports
        resolve()
      })
    })
    const ended = this.#exited.then((code) => {
      throw new Error(`veza ended with ${code} before it was ready:\n${this.errors}`)
    })
    await Promise.race([ready, ended])
    ended.catch(() => {})
  }

  /** Ends it as the machine's service manager does; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.#child?.kill('SIGTERM')
    return (await this.#exited) ?? null
  }

  /** Interrupts it and all that it has started in its group; resolves with its exit code. */
  async interruptGroup(): Promise<number | null> {
    process.kill(-this.pid, 'SIGINT')
    return (await this.#exited) ?? null
  }

  /** Ends it without a chance to say goodbye. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#exited
  }

  async dispose(): Promise<void> {
    await this.stop()
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5 })
  }

  /** Runs a command of the same program on the same data folder. */
  async run(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
    try {
      const done = await promisify(execFile)(process.execPath, [main, ...args], {
        env: this.#env(),
        maxBuffer: 64 * 1024 * 1024,
      })
      return { ...done, code: 0 }
    } catch (cause) {
      const failed = cause as { stdout: string; stderr: string; code: number }
      return { stdout: failed.stdout, stderr: failed.stderr, code: failed.code }
    }
  }

  async addMember(name: string, password: string, ...more: string[]): Promise<void> {
    const file = join(this.dataDir, `${name}.password`)
    await writeFile(file, `${password}\n`, { mode: 0o600 })
    const added = await this.run('account', 'add', name, '--password-file', file, ...more)
    if (added.code !== 0) throw new Error(`account add: ${added.stderr}`)
  }

  async get(path: string, member?: string): Promise<Response> {
    const headers = member ? { authorization: `Basic ${btoa(member)}` } : {}
    return await fetch(`${this.url}${path}`, { headers })
  }
}
