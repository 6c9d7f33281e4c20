import { pino } from 'pino'
import { describe, expect, it } from 'vitest'

import { memberSubject, SealBroken, type Seals } from '#events/seals.ts'
import type { Member } from '#gateways/kernel/login.ts'

import type { Policy, Question } from '#gateways/members/policy.ts'
import { remotesFor } from '#gateways/kernel/remotes.ts'

const siteop = { id: 'root', flags: '1', group: 'G', role: 'user' } as unknown as Member
const auditor = { ...siteop, flags: '', groups: ['AUDITORS'] } as unknown as Member

const policy = {
  ask: async ({ flags }: Member, { action }: Question) => ({
    isAllowed: action === 'see-addresses' && flags === '1',
  }),
} as unknown as Policy

/** Keys of which ann's opens, bob's is gone and the others do not fit. */
function someSeals() {
  const opened: string[] = []
  const seals = {
    async unseal(subject: string, field: string, sealed: string) {
      opened.push(`${subject} ${field} ${sealed}`)
      if (subject === memberSubject('ann')) return '192.0.2.1:50000'
      if (subject === memberSubject('bob')) return undefined
      if (subject === memberSubject('zoe')) throw new Error('the vault is away')
      throw new SealBroken(subject, field)
    },
  } as unknown as Seals
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
  return { opened, lines, deps: { seals, logger, policy } }
}

describe('addresses', () => {
  it.each([
    ['a siteop', siteop, '192.0.2.1:50000'],
    ['an auditor', auditor, null],
  ])('are shown as they may be to %s', async (_, member, expected) => {
    const { deps, opened } = someSeals()
    expect(await (await remotesFor(member, deps)).of('ann', 'sealed')).toBe(expected)
    expect(opened).toEqual(expected === null ? [] : ['account:ann remote sealed'])
  })

  it('are opened once a request', async () => {
    const { deps, opened } = someSeals()
    const remotes = await remotesFor(siteop, deps)
    await Promise.all([
      remotes.of('ann', 'one'),
      remotes.of('ann', 'one'),
      remotes.of('ann', 'two'),
    ])
    expect(opened).toHaveLength(2)
  })

  it('are not known before the login, and not any more of who is forgotten', async () => {
    const { deps, lines } = someSeals()
    const remotes = await remotesFor(siteop, deps)
    expect(await remotes.of(null, null)).toBeNull()
    expect(await remotes.of('ann', null)).toBeNull()
    expect(await remotes.of('bob', 'sealed')).toBeNull()
    expect(lines).toEqual([])
  })

  it('that were tampered with are left out, and the log says so once', async () => {
    const { deps, lines } = someSeals()
    const remotes = await remotesFor(siteop, deps)
    expect(await remotes.of('eve', 'one')).toBeNull()
    expect(await remotes.of('eve', 'two')).toBeNull()
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 40, account: 'eve' }])
  })

  it('that cannot be asked for now are an error', async () => {
    const { deps } = someSeals()
    const remotes = await remotesFor(siteop, deps)
    await expect(remotes.of('zoe', 'one')).rejects.toThrow('the vault is away')
  })
})
