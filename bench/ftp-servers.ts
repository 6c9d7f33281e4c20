import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { VezaProcess } from '#test/e2e/veza-process.ts'
import { isListening, type MeasuredServer, type PeerSetup } from '#bench/ftp-peers.ts'

const PASSWORD = 'harbour-window-19'
const SECTION = '/incoming'

/**
 * veza as it is started by its users: durable log, PostgreSQL, rights, credits, races. Its folder
 * is below the system's temporary one.
 */
export async function startVeza(): Promise<MeasuredServer> {
  const veza = await VezaProcess.create({
    environment: { VEZA_CREDITS_START_MIB: '1048576', VEZA_LOG_LEVEL: 'error' },
  })
  await veza.start()
  await veza.addMember('bench', PASSWORD)
  return {
    name: 'veza',
    pid: veza.pid,
    account: { port: veza.ports.ftp, user: 'bench', password: PASSWORD },
    files: undefined,
    path: SECTION,
    stop: () => veza.dispose(),
  }
}

/** What a Node server does that does nothing else than moving bytes. */
export async function startFloor({ folder, pem }: PeerSetup): Promise<MeasuredServer> {
  const files = join(folder, 'files')
  mkdirSync(files)
  const child = fork(new URL('ftp-floor.ts', import.meta.url), [files, pem])
  const [port] = (await once(child, 'message')) as [number]
  await isListening(port)
  return {
    name: 'node floor',
    pid: child.pid!,
    account: { port, user: 'bench', password: PASSWORD },
    files,
    path: '/files',
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
