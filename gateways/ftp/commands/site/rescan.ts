import { Refusal } from '#events/refusal.ts'
import { DiskTrouble } from '#events/site-files.ts'
import { ROOT } from '#gateways/site/path.ts'
import type { RescanResult, RescanRow } from '#gateways/site/disk/rescan.ts'

import { replyToFailure } from '#gateways/ftp/replies.ts'
import { unquoted } from '#gateways/ftp/commands/site/attributes.ts'
import { bounded, counted } from '#gateways/ftp/commands/site/lines.ts'
import type {
  SiteAnswer,
  SiteCall,
  SiteCommandTable,
} from '#gateways/ftp/commands/site/site-command.ts'

/** Rows of one reply at most; the totals count them all. */
const ROWS = 10_000
/** The code of the reply, whose first lines are sent while the look goes on. */
const CODE = 200
const STATE_WIDTH = 8
const SIZE_WIDTH = 14

export const rescanCommands: SiteCommandTable = {
  RESCAN: {
    help: 'holds the disk against what is on record, and records what is otherwise',
    usage: [
      '[<path>]: a release, what is in one, or a section; ABOR ends it',
      '-all: the whole site',
    ],
    words: [0],
    isChange: true,
    run: (call) => rescan(call),
  },
}

async function rescan({ session, member, rest }: SiteCall): Promise<SiteAnswer> {
  const said = rest(0)
  const isAll = said.toLowerCase() === '-all'
  const path = isAll ? ROOT : session.path(unquoted(said))
  const isWide = path.kind === 'root' || path.kind === 'section'
  const rows = createRows(session, (row) => !isWide || row.state !== 'OK')
  try {
    const result = await session.site.rescan({ ...session.caller(), member }, path, {
      isGivenUp: () => session.isGivenUp,
      pause: rows.flush,
      row: rows.add,
    })
    await rows.end()
    return totalsOf(result)
  } catch (cause) {
    // Once a reply has begun it has to end with its own code.
    const isForeseen = cause instanceof Refusal || cause instanceof DiskTrouble
    if (!rows.hasBegun() || !isForeseen) throw cause
    if (cause instanceof DiskTrouble) session.reportDisk(cause)
    await rows.end()
    return `It ended early: ${replyToFailure(cause)?.lines[0] ?? 'something went wrong here.'}`
  }
}

function totalsOf({ totals, releases, isGivenUp }: RescanResult): string {
  const parts = Object.entries(totals).filter(([, count]) => count > 0)
  const words = parts.map(([state, count]) => `${count} ${state}`).join(', ')
  const what = `${counted(releases, 'release')}: ${words || 'nothing there'}.`
  return isGivenUp ? `Given up. Until then ${what}` : what
}

/** Rows in columns, sent some at a time while the look goes on. */
function createRows(session: SiteCall['session'], shows: (row: RescanRow) => boolean) {
  let waiting: string[] = []
  let count = 0
  let left = 0
  const flush = async (): Promise<void> => {
    const lines = waiting
    waiting = []
    if (lines.length > 0) await session.tell(CODE, ...bounded(lines))
  }
  return {
    flush,
    hasBegun: () => count > 0,
    add(row: RescanRow): void {
      if (!shows(row)) return
      if (count++ === 0) waiting.push(HEAD)
      if (count <= ROWS) waiting.push(lineOf(row))
      else left++
    },
    async end(): Promise<void> {
      if (left > 0) waiting.push(`and ${counted(left, 'more row')}`)
      await flush()
    },
  }
}

const HEAD = columns('STATE', 'CRC32', 'SIZE', 'PATH')

function lineOf({ state, crc32, sizeBytes, path, words }: RescanRow): string {
  const line = columns(state, crc32 ?? '-', sizeBytes === null ? '-' : String(sizeBytes), path)
  return words === undefined ? line : `${line} (${words})`
}

function columns(state: string, crc32: string, size: string, path: string): string {
  return ` ${state.padEnd(STATE_WIDTH)} ${crc32.padEnd(8)} ${size.padStart(SIZE_WIDTH)}  ${path}`
}
