import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** A system call that strace has seen; its times are numbers of lines. */
export interface SystemCall {
  readonly name: string
  /** Between the parentheses, strings in hex as `-xx` writes them. */
  readonly text: string
  readonly result: number
  readonly begunAt: number
  /** Infinity when the process died in the middle of it. */
  readonly endedAt: number
}

const TRACED = [
  'openat',
  'mmap',
  'lseek',
  'write',
  'writev',
  'pwrite64',
  'pwritev',
  'pwritev2',
  'fallocate',
  'ftruncate',
  'fdatasync',
  'fsync',
  'msync',
  'sync_file_range',
]

/** strace cuts strings after 32 bytes unless it is told a length. */
const WHOLE_STRINGS = String(2 ** 29)

/** What a program is started with to have its calls written to a file. */
export function underStrace(file: string): string[] {
  const calls = `trace=${TRACED.join(',')}`
  const options = ['-f', '--seccomp-bpf', '-y', '-xx', '-s', WHOLE_STRINGS, '-e', 'signal=none']
  return ['strace', ...options, '-e', calls, '-o', file, process.execPath]
}

/**
 * The calls in the order in which they began. strace stops a thread at each call's begin and end
 * and notes it before it lets it go on: a call whose end is noted before another's begin has
 * happened before it.
 */
export async function readCalls(file: string): Promise<SystemCall[]> {
  const calls: SystemCall[] = []
  const unfinished = new Map<string, { text: string; begunAt: number }>()
  let number = 0
  for await (const line of createInterface({ input: createReadStream(file) })) {
    number++
    const [, thread, rest] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (thread === undefined || rest === undefined) continue
    const begin = /^(.*) <unfinished \.\.\.>$/.exec(rest)
    const end = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)
    if (begin) unfinished.set(thread, { text: begin[1]!, begunAt: number })
    else if (end) {
      const { text, begunAt } = unfinished.get(thread)!
      unfinished.delete(thread)
      add(calls, text + end[1]!, begunAt, number)
    } else add(calls, rest, number, number)
  }
  for (const { text, begunAt } of unfinished.values()) {
    add(calls, `${text}) = ?`, begunAt, Number.POSITIVE_INFINITY)
  }
  return calls.toSorted((a, b) => a.begunAt - b.begunAt)
}

function add(calls: SystemCall[], line: string, begunAt: number, endedAt: number): void {
  const [, name, text, result] = /^(\w+)\((.*)\) += (-?\w+|\?)/.exec(line) ?? []
  if (name === undefined || text === undefined) return
  // A call that the death of the process ended has no result.
  const isOpen = result === '?'
  calls.push({
    name,
    text,
    result: isOpen ? 0 : Number(result),
    begunAt,
    endedAt: isOpen ? Number.POSITIVE_INFINITY : endedAt,
  })
}

/** The bytes of a string as `-xx` writes it. */
export const bytesOf = (hex: string) => Buffer.from(hex.replaceAll('\\x', ''), 'hex')

/** The strings in a call, in order. */
export const stringsOf = ({ text }: SystemCall) =>
  [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((match) => bytesOf(match[1]!))

/** The number and the path of the file that a call is about, its first argument. */
export function fileOf({ text }: SystemCall): { number: number; path: string } | undefined {
  const [, number, path] = /^(\d+)<((?:\\x[0-9a-f]{2})*)>/.exec(text) ?? []
  return number === undefined
    ? undefined
    : { number: Number(number), path: bytesOf(path!).toString() }
}
