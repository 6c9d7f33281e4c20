import type { Receipt } from '#actors/kernel/host.ts'

import type { Said } from '#test/e2e/crash-points/protocol.ts'
import { bytesOf, fileOf, stringsOf, type SystemCall } from '#test/e2e/crash-points/strace-calls.ts'

export interface DiskWrite {
  readonly offset: number
  readonly bytes: Buffer
  /** Whether the disk has it when the call has ended: the file was opened with O_DSYNC. */
  readonly isDurable: boolean
  readonly begunAt: number
  readonly endedAt: number
}

/** What a program has done to one file, and which receipts it has given meanwhile. */
export interface DiskTrace {
  readonly writes: DiskWrite[]
  readonly syncs: { readonly begunAt: number; readonly endedAt: number }[]
  readonly receipts: { readonly receipt: Receipt; readonly at: number }[]
}

const SYNCS = new Set(['fdatasync', 'fsync'])
const STANDARD_OUTPUT = 1

/** Throws when the file was changed in a way of which a trace does not tell all. */
export function traceOf(path: string, calls: readonly SystemCall[]): DiskTrace {
  const trace: DiskTrace = { writes: [], syncs: [], receipts: [] }
  const durable = new Set<number>()
  const places = new Map<number, number>()
  for (const call of calls) {
    const file = fileOf(call)
    if (call.name === 'openat') noteOpened(call, path, durable)
    else if (call.name === 'mmap') assertReadOnly(call, path)
    else if (file?.number === STANDARD_OUTPUT && call.name === 'write') {
      noteReceipts(call, trace)
    } else if (file?.path !== path) continue
    else if (SYNCS.has(call.name)) trace.syncs.push(call)
    else if (call.name === 'lseek') places.set(file.number, call.result)
    else noteWrite(call, file.number, { trace, durable, places })
  }
  return trace
}

function noteOpened({ text, result }: SystemCall, path: string, durable: Set<number>): void {
  const name = /, "((?:\\x[0-9a-f]{2})*)"/.exec(text)?.[1]
  if (name === undefined || bytesOf(name).toString() !== path) return
  if (/\bO_D?SYNC\b/.test(text)) durable.add(result)
  else durable.delete(result)
}

function assertReadOnly({ text }: SystemCall, path: string): void {
  const mapped = /(\d+)<((?:\\x[0-9a-f]{2})*)>/.exec(text)?.[2]
  if (mapped === undefined || bytesOf(mapped).toString() !== path) return
  if (text.includes('PROT_WRITE')) throw new Error(`${path} is written to through memory`)
}

interface WriteContext {
  readonly trace: DiskTrace
  readonly durable: ReadonlySet<number>
  /** Where the next `write` or `writev` of a file goes. */
  readonly places: Map<number, number>
}

function noteWrite(call: SystemCall, file: number, { trace, durable, places }: WriteContext): void {
  const bytes = Buffer.concat(stringsOf(call))
  const isPositioned = call.name.startsWith('p')
  if (!isPositioned && !call.name.startsWith('write')) throw new Error(`${call.name} of the file`)
  const last = /(\d+)$/.exec(call.text)?.[1]
  const offset = isPositioned ? Number(last) : (places.get(file) ?? 0)
  if (!isPositioned) places.set(file, offset + bytes.length)
  const { begunAt, endedAt } = call
  if (endedAt < Number.POSITIVE_INFINITY && call.result !== bytes.length) {
    throw new Error(`${call.name} wrote ${call.result} of ${bytes.length} bytes`)
  }
  trace.writes.push({ offset, bytes, isDurable: durable.has(file), begunAt, endedAt })
}

/** A receipt counts from the moment in which the program begins to give it. */
function noteReceipts(call: SystemCall, trace: DiskTrace): void {
  for (const line of Buffer.concat(stringsOf(call)).toString().split('\n')) {
    if (!line.startsWith('{"say":"receipt"')) continue
    const { receipt } = JSON.parse(line) as Extract<Said, { say: 'receipt' }>
    trace.receipts.push({ receipt, at: call.begunAt })
  }
}
