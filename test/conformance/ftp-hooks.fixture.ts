import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'

import { pino } from 'pino'
import { Registry } from 'prom-client'

import type { KnownFact } from '#events/catalogue.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import type { OpenHooksOptions } from '#infra/hooks/open-hooks.ts'
import { startFtp } from '#test/conformance/ftp-fixture.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'
import { startHooks } from '#wiring/hooks.ts'

export interface HookedSite {
  /** Of `hooks.toml`. */
  readonly toml?: string
  /** Programs in the data folder, by name; `#!/bin/sh` stands before those that say no other. */
  readonly scripts?: Readonly<Record<string, string>>
  /** Files of the folder `hooks`. */
  readonly hooks?: Readonly<Record<string, string>>
  readonly times?: Pick<OpenHooksOptions, 'restartMs' | 'loadMs' | 'listenMs'>
}

/** A live FTP gateway with scripts and hooks: ana is logged in, and `/incoming/R` is there. */
export async function startHooked({ toml, scripts = {}, hooks = {}, times }: HookedSite = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'veza-hooks-'))
  const system = await createTestSystem()
  await system.addMember({ name: 'ana', group: 'CREW', flags: '3' })
  await system.addMember({ name: 'ben', group: 'OTHER', flags: '3' })
  await system.addMember({ name: 'root', group: 'STAFF', flags: '13' })
  const plain = await startFtp({ system: { ...system, registry: new Registry() }, dataDir })
  const first = await plain.login()
  await first.say('MKD /incoming/R', '257')
  await first.close()
  await plain.stop()

  const writeScript = async (name: string, text: string): Promise<void> => {
    const path = join(dataDir, name)
    await writeFile(path, text.startsWith('#!') ? text : `#!/bin/sh\n${text}`)
    await chmod(path, 0o755)
  }
  const writeHook = (name: string, text: string) => writeFile(join(dataDir, 'hooks', name), text)
  const writeToml = (text: string) => writeFile(join(dataDir, 'hooks.toml'), text)
  await mkdir(join(dataDir, 'hooks'))
  for (const [name, text] of Object.entries(scripts)) await writeScript(name, text)
  for (const [name, text] of Object.entries(hooks)) await writeHook(name, text)
  if (toml !== undefined) await writeToml(toml)

  let logged = ''
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      logged += chunk.toString()
      done()
    },
  })
  const { registry } = system
  const opened = await startHooks(
    { dataDir, clock: systemClock, logger: pino({ level: 'info' }, stream), registry },
    times,
  )
  const facts = await opened.followFacts(system.bus)
  const ftp = await startFtp({ system, dataDir, hooks: opened })
  const ana = await ftp.login()
  return {
    system,
    dataDir,
    ftp,
    ana,
    hooks: opened,
    writeScript,
    writeHook,
    writeToml,
    logged: () => logged,
    read: (name: string) => readFile(join(dataDir, name), 'utf8'),
    metric: async (name: string) => await registry.getSingleMetricAsString(name),
    async stop() {
      await ftp.stop()
      await facts.stop()
      await opened.stop()
      await system.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export type Hooked = Awaited<ReturnType<typeof startHooked>>

type FactOfType<T extends KnownFact['type']> = Extract<KnownFact, { type: T }>

/** All facts of a type, oldest first. */
export async function recordedFacts<T extends KnownFact['type']>(
  { log }: TestSystem,
  type: T,
): Promise<FactOfType<T>[]> {
  const found: FactOfType<T>[] = []
  for await (const fact of log.readAll({ kinds: [type.split('.')[0]!] })) {
    if (fact.type === type) found.push(fact as FactOfType<T>)
  }
  return found
}

/** Resolves when it is so: what it waits for must come. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}
