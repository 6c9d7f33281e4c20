import type { Deadline, DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  DEFAULT_SECTION,
  LEDGER_LIMITS,
  LEDGER_REFUSALS,
  type LedgerCommand,
  type LedgerContext,
  ratioIn,
} from '#actors/ledger/ledger.commands.ts'
import type { LedgerDecided } from '#events/ledger.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

type Ledger = Readonly<LedgerContext>
type CommandOf<T extends LedgerCommand['type']> = Extract<LedgerCommand, { type: T }>

export function decideLedger(
  { context: ledger }: ActorState<LedgerContext>,
  command: LedgerCommand,
  { now }: DecideEnv,
): LedgerDecided[] {
  switch (command.type) {
    case 'ledger.credit': {
      const { section, bytes, cause } = command
      if (bytes === 0) return []
      assertSection(ledger, section)
      assertBalance(section, balanceIn(ledger, section) + bytes)
      return [{ type: 'ledger.credited', data: { section, bytes, cause } }]
    }
    case 'ledger.debit':
      return debit(ledger, command)
    case 'ledger.reverse':
      return reverse(ledger, command)
    case 'ledger.set-ratio': {
      const { section, ratio } = command
      if (entryOf(ledger.ratios, section) === ratio) return []
      assertSection(ledger, section)
      return [{ type: 'ledger.ratio-set', data: { section, ratio } }]
    }
    case 'ledger.set-allotment': {
      const { section, bytes } = command
      if ((entryOf(ledger.allotments, section) ?? null) === bytes) return []
      assertSection(ledger, section)
      return [{ type: 'ledger.allotment-set', data: { section, bytes } }]
    }
    case 'ledger.allot':
      return allot(ledger, now)
  }
}

export function ledgerDeadline({
  context,
}: ActorState<LedgerContext>): Deadline<LedgerCommand> | undefined {
  if (context.nextAllotmentMs === 0) return undefined
  return { at: context.nextAllotmentMs, command: { type: 'ledger.allot' } }
}

function debit(ledger: Ledger, command: CommandOf<'ledger.debit'>): LedgerDecided[] {
  const { section, bytes, cause, mayOwe } = command
  const isLeech = cause.kind === 'download' && ratioIn(ledger, section) === 0
  if (bytes === 0 || isLeech) return []
  const haveBytes = balanceIn(ledger, section)
  if (!mayOwe && haveBytes < bytes) {
    const words = `That costs ${bytes} bytes of credits in ${section}; there are ${haveBytes}.`
    const fields = { section, needBytes: bytes, haveBytes }
    throw new Refusal(LEDGER_REFUSALS.insufficientCredits, words, fields)
  }
  assertSection(ledger, section)
  assertBalance(section, haveBytes - bytes)
  return [{ type: 'ledger.debited', data: { section, bytes, cause } }]
}

function reverse(ledger: Ledger, command: CommandOf<'ledger.reverse'>): LedgerDecided[] {
  const { line, cause } = command
  const undone = ledger.lines[line]
  if (!undone) {
    const words = `There is no line ${line} that can be reversed.`
    throw new Refusal(LEDGER_REFUSALS.noSuchLine, words, { line })
  }
  const { section, bytes: leftBytes, isCredit: wasCredit } = undone
  const bytes = command.bytes ?? leftBytes
  if (leftBytes === 0 || bytes > leftBytes) {
    const words = `Of line ${line}, ${leftBytes} bytes are left to be reversed.`
    throw new Refusal(LEDGER_REFUSALS.alreadyReversed, words, { line, leftBytes })
  }
  if (bytes === 0) return []
  assertBalance(section, balanceIn(ledger, section) + (wasCredit ? -bytes : bytes))
  return [{ type: 'ledger.reversed', data: { line, section, bytes, wasCredit, cause } }]
}

/** Weeks that passed while nobody was there to allot are one: it takes the balance's place. */
function allot(ledger: Ledger, now: number): LedgerDecided[] {
  if (ledger.nextAllotmentMs === 0 || now < ledger.nextAllotmentMs) return []
  return Object.entries(ledger.allotments).map(([section, bytes]) => ({
    type: 'ledger.allotted',
    data: { section, bytes, balanceBefore: balanceIn(ledger, section) },
  }))
}

function balanceIn({ balances }: Ledger, section: string): number {
  return entryOf(balances, section) ?? 0
}

/** The default section is beside the limit: credits can always be kept somewhere. */
function assertSection({ balances, ratios, allotments }: Ledger, section: string): void {
  const known = new Set([balances, ratios, allotments].flatMap((each) => Object.keys(each)))
  known.delete(DEFAULT_SECTION)
  if (section === DEFAULT_SECTION || known.has(section)) return
  if (known.size < LEDGER_LIMITS.sections) return
  const words = `A member has credits in at most ${LEDGER_LIMITS.sections} sections.`
  throw new Refusal(LEDGER_REFUSALS.tooManySections, words)
}

function assertBalance(section: string, bytes: number): void {
  if (Math.abs(bytes) <= LEDGER_LIMITS.balanceBytesMax) return
  const words = `The balance in ${section} would go beyond what can be kept.`
  throw new Refusal(LEDGER_REFUSALS.balanceTooLarge, words, { section })
}
