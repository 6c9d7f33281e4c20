import { type Progress, ProgressMeter } from '#events/progress.ts'

/** `bar`: one line of a terminal, written over; `lines` and `json`: a line now and then. */
export type ProgressMode = 'bar' | 'lines' | 'json'

export interface ProgressOptions {
  /** What is being done: `rebuilding`. */
  readonly label: string
  /** What is counted: `facts`. */
  readonly unit: string
  readonly mode: ProgressMode
  readonly now: () => number
  readonly write: (text: string) => void
  /** Columns of the terminal. Default 80. */
  readonly columns?: number
}

export interface ProgressView {
  update(done: number, total: number): void
  /** Takes a bar away, so that a line of something else can be written. */
  clear(): void
  /** Leaves the last state of a bar standing. */
  end(): void
}

/** How often something is written: a short piece of work says nothing but its outcome. */
const EVERY_MS: Readonly<Record<ProgressMode, number>> = { bar: 100, lines: 3_000, json: 1_000 }

/** Shows how far a piece of work is, as a person or a program can follow it. */
export function createProgressView(options: ProgressOptions): ProgressView {
  const { mode, now, write, columns = 80, label, unit } = options
  const meter = new ProgressMeter(now)
  let shownAt = now()
  let last: Progress | undefined
  let isBarShown = false

  function show(progress: Progress): void {
    shownAt = now()
    if (mode === 'json') write(`${progressJson(label, progress)}\n`)
    else if (mode === 'lines') write(`${progressLine(label, unit, progress)}\n`)
    else write(`${CLEARED}${progressBar(label, unit, progress, columns)}`)
    isBarShown = mode === 'bar'
  }

  return {
    update(done, total) {
      last = meter.update(done, total)
      if (now() - shownAt >= EVERY_MS[mode]) show(last)
    },
    clear() {
      if (isBarShown) write(CLEARED)
      isBarShown = false
    },
    end() {
      if (!isBarShown || !last) return
      show(last)
      write('\n')
    },
  }
}

/** ECMA-48: back to the first column, and the line erased. */
const CLEARED = '\r\u001B[2K'

const BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const BAR_COLUMNS = { least: 10, most: 40 } as const

/** `rebuilding [█████▌    ]  55 % · 5,500/10,000 facts · 1,200/s · 4 s left`, within the columns. */
export function progressBar(
  label: string,
  unit: string,
  progress: Progress,
  columns: number,
): string {
  const figures = figuresOf(unit, progress)
  // The last column is left free: some terminals begin a new line when it is written.
  const room = columns - 1 - label.length - figures.length - ' [] '.length
  if (room < BAR_COLUMNS.least) return `${label} ${figures}`.slice(0, Math.max(0, columns - 1))
  const width = Math.min(room, BAR_COLUMNS.most)
  const eighths = Math.floor(shareOf(progress) * width * 8)
  const filled = '█'.repeat(Math.floor(eighths / 8)) + BLOCKS[eighths % 8]!
  return `${label} [${filled.padEnd(width)}] ${figures}`
}

export function progressLine(label: string, unit: string, progress: Progress): string {
  return `${label}: ${figuresOf(unit, progress).trim()}`
}

export function progressJson(label: string, { done, total, perSecond, etaMs }: Progress): string {
  return JSON.stringify({
    progress: label,
    done,
    total,
    per_second: Math.round(perSecond),
    eta_ms: etaMs,
  })
}

function figuresOf(unit: string, progress: Progress): string {
  const { done, total, perSecond, etaMs } = progress
  const percent = `${String(Math.floor(shareOf(progress) * 100)).padStart(3)} %`
  const pace = `${grouped(Math.round(perSecond))}/s`
  const left = etaMs === null ? 'time left unknown' : `${duration(etaMs)} left`
  return `${percent} · ${grouped(done)}/${grouped(total)} ${unit} · ${pace} · ${left}`
}

function shareOf({ done, total }: Progress): number {
  return total === 0 ? 1 : Math.min(1, done / total)
}

function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** `4 s`, `3 min 20 s`, `5 h 2 min`. */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
