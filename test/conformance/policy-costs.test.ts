import { describe, expect, it } from 'vitest'

import type { PolicyLedger } from '#actors/policy/policy-request.ts'
import { answerTo, inShort, MEMBERS, rulesOf } from '#test/conformance/policy.fixture.ts'

const RULES = rulesOf(`
  download /* *
  upload /* *
  resume /* *
  list /* *
  freefile *.nfo *
  freefile /free/* =STAFF
`)
const ledger = (over: Partial<PolicyLedger> = {}): PolicyLedger => {
  return { section: 'incoming', ratio: 3, balanceBytes: 1_000, ...over }
}

describe('what it costs', () => {
  const ask = (action: string, path: string, sizeBytes: number, over?: Partial<PolicyLedger>) =>
    answerTo(action, { path, sizeBytes, ledger: ledger(over) }, RULES)

  it.each<readonly [string, string, number, Partial<PolicyLedger>, string, number, string]>([
    ['download', '/a', 1_000, {}, 'yes', 1_000, 'credits'],
    ['download', '/a', 1_001, {}, 'no', 1_001, 'credits'],
    ['download', '/a', 0, {}, 'yes', 0, 'free'],
    ['download', '/a', 0, { balanceBytes: -5 }, 'yes', 0, 'free'],
    ['download', '/a', 1, { balanceBytes: -5 }, 'no', 1, 'credits'],
    ['download', '/a', 1, { balanceBytes: 0 }, 'no', 1, 'credits'],
    // A leech neither earns nor pays.
    ['download', '/a', 5_000, { ratio: 0 }, 'yes', 0, 'free'],
    ['upload', '/a', 5_000, { ratio: 0 }, 'yes', 0, 'free'],
    // creditloss multiplies, and rounds up.
    ['download', '/a', 500, { creditLoss: 2 }, 'yes', 1_000, 'credits'],
    ['download', '/a', 501, { creditLoss: 2 }, 'no', 1_002, 'credits'],
    ['download', '/a', 3, { creditLoss: 0.5 }, 'yes', 2, 'credits'],
    ['download', '/a', 5_000, { creditLoss: 0 }, 'yes', 0, 'free'],
    // freefile.
    ['download', '/a.nfo', 5_000, {}, 'yes', 0, 'free'],
    ['download', '/a.NFO', 5_000, {}, 'yes', 0, 'free'],
    ['download', '/free/a', 5_000, {}, 'no', 5_000, 'credits'],
    // An upload earns, whatever the balance, and rounds down.
    ['upload', '/a', 100, {}, 'yes', 300, 'credits'],
    ['upload', '/a', 100, { balanceBytes: -5_000 }, 'yes', 300, 'credits'],
    ['upload', '/a', 3, { ratio: 0.5 }, 'yes', 1, 'credits'],
    ['resume', '/a', 100, {}, 'yes', 300, 'credits'],
  ])('%s %s of %i bytes, %j: %s, %i', (action, path, size, over, answer, bytes, kind) => {
    const { isAllowed, cost } = ask(action, path, size, over)
    expect(isAllowed ? 'yes' : 'no').toBe(answer)
    expect(cost).toEqual({ section: 'incoming', ratio: 3, ...pick(over), bytes, kind })
  })

  it('is free for whom a freefile line names', () => {
    const asked = { member: MEMBERS.alice, path: '/free/a', sizeBytes: 5_000, ledger: ledger() }
    expect(answerTo('download', asked, RULES)).toMatchObject({
      isAllowed: true,
      cost: { bytes: 0 },
    })
  })

  it('says what is needed and what is there', () => {
    expect(ask('download', '/a', 1_001)).toEqual({
      isAllowed: false,
      reason: 'insufficient-credits',
      words: 'bob has 1000 bytes of credits in incoming, and it costs 1001.',
      rule: { line: 1, text: 'download /* *' },
      cost: { section: 'incoming', bytes: 1_001, ratio: 3, kind: 'credits' },
      credits: { needBytes: 1_001, haveBytes: 1_000 },
    })
  })

  it('is not answered for what has none, or is not allowed anyway', () => {
    expect(ask('list', '/a', 10)).not.toHaveProperty('cost')
    expect(answerTo('download', { path: '/a', sizeBytes: 10 }, RULES)).not.toHaveProperty('cost')
    const none = rulesOf('download /b *')
    const denied = answerTo('download', { path: '/a', sizeBytes: 9_999, ledger: ledger() }, none)
    expect(inShort(denied)).toBe('no no-rule')
    expect(denied).not.toHaveProperty('cost')
  })
})

const pick = ({ ratio }: Partial<PolicyLedger>) => (ratio === undefined ? {} : { ratio })
