import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { AccountCommand } from '#actors/account/account.commands.ts'
import type { LockoutContext } from '#actors/lockout/lockout.commands.ts'
import { Refusal } from '#events/refusal.ts'
import { memberSubject } from '#events/seals.ts'
import type { Origin } from '#gateways/kernel/login.ts'
import { createAttempts } from '#gateways/members/attempts.ts'
import { createLogin } from '#gateways/members/login.ts'
import { createArgon2Passwords } from '#infra/argon2/argon2-passwords.ts'
import { createManualClock, type ManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

const HERE: Origin = { gateway: 'ftp', address: '192.0.2.1' }
const THERE: Origin = { gateway: 'irc', address: '198.51.100.7' }
const MINUTE_MS = 60_000

let system: TestSystem
let clock: ManualClock

beforeEach(async () => {
  clock = createManualClock()
  system = await createTestSystem({ clock, loginFailures: 5 })
  await system.addMember({ name: 'Ann', password: 'right' })
})
afterEach(() => system.stop())

const log = (name: string, secret: string, origin = HERE, code?: string) =>
  system.login.verify({ name, secret, code }, origin)

const codeOf = (run: Promise<unknown>) =>
  run.then(
    () => 'in',
    (cause: unknown) => (cause instanceof Refusal ? cause.code : String(cause)),
  )

const tell = (command: AccountCommand) =>
  system.host.send({ kind: 'account', id: 'ann' }, command, {
    by: null,
    connection: null,
    commandId: system.ids.next(),
  })

describe('a lock', () => {
  it('comes with the fifth failure, whatever the gateways, and is a fact', async () => {
    const gateways = ['ftp', 'irc', 'ws', 'http', 'eventstore'] as const
    for (const [index, gateway] of gateways.entries()) {
      const origin = { gateway, address: `192.0.2.${index}` }
      expect(await codeOf(log('ann', 'wrong', origin))).toBe('login-incorrect')
    }
    const refusal = await log('ANN', 'right', THERE).catch((cause: unknown) => cause)
    expect(refusal).toMatchObject({ code: 'locked-out', fields: { retryAfterMs: 15 * MINUTE_MS } })
    const facts = await Array.fromAsync(system.log.readStream('lockout-account_ann'))
    expect(facts.map(({ type }) => type)).toEqual([
      ...Array.from({ length: 5 }, () => 'lockout.failed'),
      'lockout.locked',
    ])
    expect(facts.slice(0, 5).map(({ data }) => (data as { gateway: string }).gateway)).toEqual(
      gateways,
    )
  })

  it('ends after its time', async () => {
    for (let time = 0; time < 5; time++) await codeOf(log('ann', 'wrong'))
    clock.advance(15 * MINUTE_MS - 1)
    expect(await codeOf(log('ann', 'right', THERE))).toBe('locked-out')
    clock.advance(1)
    expect(await codeOf(log('ann', 'right', THERE))).toBe('in')
  })

  it('counts a window, and forgets an account’s failures after a success', async () => {
    for (let time = 0; time < 4; time++) {
      await codeOf(log('ann', 'wrong', { ...HERE, address: `192.0.2.${time}` }))
    }
    expect(await codeOf(log('ann', 'right', THERE))).toBe('in')
    for (let time = 0; time < 4; time++) {
      const origin = { ...HERE, address: `192.0.2.${time}` }
      expect(await codeOf(log('ann', 'wrong', origin))).toBe('login-incorrect')
    }
    clock.advance(15 * MINUTE_MS)
    expect(await codeOf(log('ann', 'wrong', THERE))).toBe('login-incorrect')
    expect(await codeOf(log('ann', 'right', THERE))).toBe('in')
  })

  it('of an address holds for every name, and only for that address', async () => {
    await system.addMember({ name: 'bob', password: 'right' })
    for (let time = 0; time < 5; time++) await codeOf(log(`nobody${time}`, 'guess'))
    expect(await codeOf(log('bob', 'right'))).toBe('locked-out')
    expect(await codeOf(log('bob', 'right', THERE))).toBe('in')
  })

  it('of an IPv6 address is one of its /64', async () => {
    for (let time = 0; time < 5; time++) {
      await codeOf(log(`nobody${time}`, 'guess', { ...HERE, address: `2001:db8::${time}` }))
    }
    const near = { ...HERE, address: '2001:db8::ffff' }
    const far = { ...HERE, address: '2001:db8:0:1::1' }
    expect(await codeOf(log('ann', 'right', near))).toBe('locked-out')
    expect(await codeOf(log('ann', 'right', far))).toBe('in')
  })

  it('is the same for names that nobody has', async () => {
    for (let time = 0; time < 5; time++) {
      const origin = { ...HERE, address: `192.0.2.${time}` }
      expect(await codeOf(log('nobody', 'guess', origin))).toBe('login-incorrect')
    }
    expect(await codeOf(log('nobody', 'guess', THERE))).toBe('locked-out')
  })

  it('lets no burst try more than it allows', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        codeOf(log('ann', `guess${index}`, { ...HERE, address: `192.0.2.${index}` })),
      ),
    )
    expect(outcomes.filter((each) => each === 'login-incorrect')).toHaveLength(5)
    expect(outcomes.filter((each) => each === 'locked-out')).toHaveLength(35)
    const state = await system.host.state<LockoutContext>({ kind: 'lockout', id: 'account_ann' })
    expect(state.context.lockedUntilMs).toBe(clock.now() + 15 * MINUTE_MS)
  })

  it('keeps nobody out who logs in rightly many times at once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, () => codeOf(log('ann', 'right'))),
    )
    expect(new Set(outcomes)).toEqual(new Set(['in']))
  })
})

describe('an account that may not come in', () => {
  it.each<[AccountCommand, string]>([
    [{ type: 'account.ban', until: null, reason: 'x' }, 'banned'],
    [{ type: 'account.deactivate', reason: 'x' }, 'inactive'],
    [{ type: 'account.delete', reason: 'x' }, 'deleted'],
    [{ type: 'account.set-expiry', at: 1 }, 'expired'],
  ])('after %j is told why, once its password is right', async (command, reason) => {
    await tell(command)
    const refusal = await log('ann', 'right').catch((cause: unknown) => cause)
    expect(refusal).toMatchObject({ code: 'login-denied', fields: { reason } })
    expect(await codeOf(log('ann', 'wrong'))).toBe('login-incorrect')
  })

  it('comes in from its masks alone', async () => {
    const subject = memberSubject('ann')
    const sealed = await system.seals.seal(subject, 'mask', '*@192.0.2.*')
    await tell({ type: 'account.add-mask', mask: await system.seals.tag(subject, 'm'), sealed })
    expect(await codeOf(log('ann', 'right', HERE))).toBe('in')
    const refusal = await log('ann', 'right', THERE).catch((cause: unknown) => cause)
    expect(refusal).toMatchObject({ code: 'login-denied', fields: { reason: 'mask-mismatch' } })
  })

  it('comes in nowhere once nobody can read its masks', async () => {
    const subject = memberSubject('ann')
    const sealed = await system.seals.seal(subject, 'mask', '*@192.0.2.*')
    await tell({ type: 'account.add-mask', mask: await system.seals.tag(subject, 'm'), sealed })
    await system.seals.destroy(subject)
    expect(await codeOf(log('ann', 'right', HERE))).toBe('login-denied')
  })

  it('comes in again after a ban for a time', async () => {
    await tell({ type: 'account.ban', until: clock.now() + MINUTE_MS, reason: 'x' })
    expect(await codeOf(log('ann', 'right'))).toBe('login-denied')
    clock.advance(MINUTE_MS)
    expect(await codeOf(log('ann', 'right'))).toBe('in')
  })
})

describe('a failure', () => {
  const failed = async () =>
    (await Array.fromAsync(system.log.readStream('lockout-account_ann'))).map(({ data }) => data)

  it('of a member who was forgotten counts, and does not tell where it came from', async () => {
    await system.seals.destroy(memberSubject('ann'))
    expect(await codeOf(log('ann', 'wrong'))).toBe('login-incorrect')
    expect(await failed()).toEqual([expect.objectContaining({ gateway: 'ftp', remote: null })])
  })

  it('that cannot be sealed for another reason is a fault', async () => {
    const broken = new Error('the vault cannot be read')
    const seals = { ...system.seals, seal: () => Promise.reject(broken) }
    const attempts = createAttempts({ ...system, seals })
    const attempt = attempts.guard('ann', true, HERE, async () => undefined)
    await expect(attempt).rejects.toBe(broken)
    expect(await failed()).toEqual([])
  })
})

describe('a password', () => {
  it('is hashed anew when the settings ask for another hash, without a fact', async () => {
    const { credential } = await log('ann', 'right')
    const weak = createArgon2Passwords({ memoryKib: 32, passes: 1 })
    await system.vault.put(`credential:${credential}`, await weak.hash('right'))
    await weak.close()
    const before = await system.log.streamVersion('account-ann')
    expect(await codeOf(log('ann', 'right'))).toBe('in')
    expect(await system.vault.get(`credential:${credential}`)).toMatch(/\$m=64,t=1,p=1\$/)
    expect(await codeOf(log('ann', 'right'))).toBe('in')
    expect(await system.log.streamVersion('account-ann')).toBe(before)
  })

  it('waits its turn, and is refused with `busy` when too many wait', async () => {
    const passwords = createArgon2Passwords({ threads: 1, waitingMax: 2, passes: 4 })
    const login = createLogin({
      ...system,
      passwords,
      metrics: { ended: () => {} },
      scramIterations: 4_096,
    })
    const { credential } = await log('ann', 'right')
    await system.vault.put(`credential:${credential}`, await passwords.hash('right'))
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, (_, host) =>
        codeOf(
          login.verify({ name: 'ann', secret: 'right' }, { ...HERE, address: `192.0.2.${host}` }),
        ),
      ),
    )
    const of = (code: string) => outcomes.filter((each) => each === code).length
    expect([of('in'), of('busy')]).toEqual([3, 2])
    expect(await codeOf(login.verify({ name: 'ann', secret: 'right' }, HERE))).toBe('in')
    await passwords.close()
  })

  it('that is longer than any is refused unhashed, as a failure', async () => {
    expect(await codeOf(log('ann', 'x'.repeat(257)))).toBe('login-incorrect')
  })
})
