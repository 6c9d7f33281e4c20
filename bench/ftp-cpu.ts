import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever the kernel's own ticks are. */
const TICKS_PER_SECOND = 100

/** CPU seconds of a process, of all that it has started, and of what of that has ended. */
export function cpuSeconds(pid: number): number {
  const all = new Map<number, { readonly parent: number; readonly ticks: number }>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = statOf(name)
    if (!fields) continue
    // Of proc(5): ppid is field 4; utime, stime, cutime and cstime are 14 to 17.
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
    all.set(Number(name), { parent: Number(fields[1]), ticks })
  }
  const isOurs = (each: number): boolean => {
    for (let at: number | undefined = each; at; at = all.get(at)?.parent)
      if (at === pid) return true
    return false
  }
  let ticks = 0
  for (const [each, entry] of all) if (isOurs(each)) ticks += entry.ticks
  return ticks / TICKS_PER_SECOND
}

/** The fields behind the name, which may have spaces in it. */
function statOf(pid: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
