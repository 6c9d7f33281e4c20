import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import type { Audio } from '#events/race.facts.ts'
import type { SiteFile } from '#events/site-files.ts'

import type { FromAudioProcess, ToAudioProcess } from '#infra/inspection/audio-messages.ts'

const PROGRAM = fileURLToPath(new URL('./audio-process.ts', import.meta.url))
/** For what the parser makes of the bytes. */
const HEAP_MB = 128

/**
 * Reads tags in processes of their own: a few megabytes can be made to keep the parser at work for
 * half a minute, in which nothing else of its thread runs, no timer either; and a thread that has
 * no memory left ends its whole process. One that is late or has ended is none's fault but the
 * file's, which then is none that can be read. As many are there as were needed at a time; they
 * end with this process and do not keep it alive.
 */
export function createAudioProcesses(lateMs: number) {
  const idle: ChildProcess[] = []

  function begin(): ChildProcess {
    const child = fork(PROGRAM, [], {
      // Nothing of what this process has been started with, secrets among it.
      env: {},
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    child.unref()
    child.channel?.unref()
    // Of one that nobody waits for it is no fault of this process.
    child.on('error', () => {})
    return child
  }

  function next(): ChildProcess {
    let child = idle.pop()
    while (child && !child.connected) child = idle.pop()
    return child ?? begin()
  }

  /** Rejects with what the file's `read` rejects with. */
  async function look(file: SiteFile, name: string): Promise<Audio | undefined> {
    const child = next()
    const answer = Promise.withResolvers<{ readonly audio?: Audio | undefined }>()
    const tell = (message: ToAudioProcess): void => {
      if (child.connected) child.send(message)
    }
    const heard = (message: FromAudioProcess): void => {
      if (message.kind === 'found') return answer.resolve(message)
      bytesOf(file, message).then((bytes) => tell({ kind: 'bytes', bytes }), answer.reject)
    }
    const failed = (cause: unknown): void => {
      answer.reject(new Error('the process that reads tags has ended', { cause }))
    }
    // Out of memory it ends by a signal; by itself only when it cannot begin.
    const ended = (code: number | null): void => {
      if (code === null) answer.resolve({})
      else failed(new Error(`exit code ${code}`))
    }
    child.on('message', heard).on('error', failed).on('exit', ended)
    const late = setTimeout(() => answer.resolve({}), lateMs)
    let isFree = false
    try {
      tell({ kind: 'look', name, sizeBytes: file.sizeBytes })
      const found = await answer.promise
      isFree = 'audio' in found
      return found.audio
    } finally {
      clearTimeout(late)
      child.off('message', heard).off('error', failed).off('exit', ended)
      if (isFree) idle.push(child)
      else child.kill('SIGKILL')
    }
  }

  return { look }
}

async function bytesOf(
  file: SiteFile,
  { at, lengthBytes }: Extract<FromAudioProcess, { kind: 'read' }>,
): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(lengthBytes)
  return buffer.subarray(0, await file.read(buffer, at))
}
