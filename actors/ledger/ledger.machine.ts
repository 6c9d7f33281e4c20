import { assign, setup } from 'xstate'

import { changesOf } from '#actors/kernel/changes.ts'
import { LEDGER_LIMITS, type LedgerContext } from '#actors/ledger/ledger.commands.ts'
import { nextAllotmentAfter } from '#actors/ledger/allotment-day.ts'
import type { LedgerFact } from '#events/ledger.facts.ts'
import { entryOf } from '#events/records.ts'

/**
 * The number of a fact, which is its version. One that is decided has none yet: it gets the next.
 * The line that is now too old to be reversed is dropped.
 */
function takeNumber(ledger: LedgerContext, fact: { readonly version?: number }): number {
  const line = fact.version ?? ledger.nextLine
  ledger.nextLine = line + 1
  delete ledger.lines[line - LEDGER_LIMITS.linesKept]
  return line
}

function add(ledger: LedgerContext, section: string, bytes: number): void {
  ledger.balances[section] = (entryOf(ledger.balances, section) ?? 0) + bytes
}

const changes = changesOf<LedgerContext, LedgerFact>()({
  'ledger.credited': (ledger, { section, bytes, cause }, _, fact) => {
    add(ledger, section, bytes)
    ledger.lines[takeNumber(ledger, fact)] = { section, bytes, isCredit: true, cause }
  },
  'ledger.debited': (ledger, { section, bytes, cause }, _, fact) => {
    add(ledger, section, -bytes)
    ledger.lines[takeNumber(ledger, fact)] = { section, bytes, isCredit: false, cause }
  },
  'ledger.reversed': (ledger, { line, section, bytes, wasCredit }, _, fact) => {
    add(ledger, section, wasCredit ? -bytes : bytes)
    const undone = ledger.lines[line]
    if (undone) ledger.lines[line] = { ...undone, bytes: undone.bytes - bytes }
    takeNumber(ledger, fact)
  },
  'ledger.allotted': (ledger, { section, bytes }, { at }, fact) => {
    ledger.balances[section] = bytes
    ledger.nextAllotmentMs = nextAllotmentAfter(at)
    takeNumber(ledger, fact)
  },
  'ledger.ratio-set': (ledger, { section, ratio }, _, fact) => {
    ledger.ratios[section] = ratio
    takeNumber(ledger, fact)
  },
  'ledger.allotment-set': (ledger, { section, bytes }, { at }, fact) => {
    takeNumber(ledger, fact)
    if (bytes === null) delete ledger.allotments[section]
    else ledger.allotments[section] = bytes
    if (Object.keys(ledger.allotments).length === 0) ledger.nextAllotmentMs = 0
    // One that is due and not done yet stays due.
    else if (ledger.nextAllotmentMs === 0) ledger.nextAllotmentMs = nextAllotmentAfter(at)
  },
})

export const ledgerMachine = setup({
  types: { context: {} as LedgerContext, events: {} as LedgerFact },
}).createMachine({
  id: 'ledger',
  initial: 'open',
  context: (): LedgerContext => ({
    balances: {},
    ratios: {},
    allotments: {},
    nextAllotmentMs: 0,
    lines: {},
    nextLine: 0,
  }),
  states: {
    open: {
      on: {
        ...changes,
        // Another program's event in this stream has a number too.
        '*': {
          actions: assign(({ context, event }) => {
            takeNumber(context, event)
            return { ...context }
          }),
        },
      },
    },
  },
})
