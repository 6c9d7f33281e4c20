import { describe, expect, it } from 'vitest'

import { createManualClock } from '#test/conformance/manual-clock.ts'
import { ALICE, createTokenSite, outcomeOf } from '#test/conformance/tokens.fixture.ts'
import { TOKEN_LIMITS } from '#events/tokens.ts'

type Change = Parameters<Awaited<ReturnType<typeof createTokenSite>>['tokensOf']>[1]

async function start(change?: Change) {
  const clock = createManualClock()
  const site = await createTokenSite(clock)
  const keys = await site.startKeys()
  return { clock, site, keys, tokens: site.tokensOf(keys, change) }
}

describe('a token', () => {
  it('says what it was given for, for fifteen minutes', async () => {
    const { clock, tokens } = await start()
    const token = await tokens.sign({ ...ALICE, mfa: true, scopes: ['race:read'] })
    const claims = await tokens.verify(token)
    expect(claims).toMatchObject({ ...ALICE, mfa: true, scopes: ['race:read'] })
    expect(claims.exp - claims.iat).toBe(15 * 60)
    clock.advance(TOKEN_LIMITS.lifeMs + TOKEN_LIMITS.leewayMs - 1)
    expect(tokens.verifyCached(token)).toBe(claims)
    clock.advance(1)
    expect(tokens.verifyCached(token)).toBeUndefined()
    expect(await outcomeOf(tokens.verify(token))).toBe('token-expired')
  })

  it('has an id of its own', async () => {
    const { tokens } = await start()
    const [one, other] = [await tokens.sign(ALICE), await tokens.sign(ALICE)]
    expect((await tokens.verify(one)).jti).not.toBe((await tokens.verify(other)).jti)
  })

  it('is remembered once it was verified, not when it was made', async () => {
    const { tokens } = await start()
    const token = await tokens.sign(ALICE)
    expect(tokens.verifyCached(token)).toBeUndefined()
    const claims = await tokens.verify(token)
    expect(tokens.verifyCached(token)).toBe(claims)
    expect(await tokens.verify(token)).toBe(claims)
    expect(Object.isFrozen(claims)).toBe(true)
  })
})

describe('what is remembered', () => {
  it('has a limit: the oldest go first', async () => {
    const { tokens } = await start({ cacheLimit: 3 })
    const made = await Promise.all([1, 2, 3, 4].map(() => tokens.sign(ALICE)))
    for (const token of made) await tokens.verify(token)
    const isKnown = made.map((token) => tokens.verifyCached(token) !== undefined)
    expect(isKnown).toEqual([false, true, true, true])
    expect(await tokens.verify(made[0]!)).toMatchObject({ sub: 'alice' })
  })

  it('is let go for a session, a member or a credential, and for nobody else', async () => {
    const { tokens } = await start()
    const people = [
      ALICE,
      { ...ALICE, sid: 's2' },
      { ...ALICE, cred: 'c2' },
      { ...ALICE, sub: 'bob', sid: 's3' },
    ]
    const made = await Promise.all(people.map((claims) => tokens.sign(claims)))
    const knownAfter = async (match: Parameters<typeof tokens.forget>[0]) => {
      for (const token of made) await tokens.verify(token)
      tokens.forget(match)
      return made.map((token) => tokens.verifyCached(token) !== undefined)
    }
    expect(await knownAfter({ sid: 's2' })).toEqual([true, false, true, true])
    expect(await knownAfter({ sub: 'alice' })).toEqual([false, false, false, true])
    expect(await knownAfter({ sub: 'alice', cred: 'c2' })).toEqual([true, true, false, true])
    expect(await knownAfter({ sub: 'carol' })).toEqual([true, true, true, true])
    expect(await knownAfter({})).toEqual([true, true, true, true])
  })

  it('does not outlive a revocation, even one that comes while the token is checked', async () => {
    const ended = new Set<string>()
    let asked = () => {}
    let answer = Promise.resolve()
    const { tokens } = await start({
      async stillStands({ sid }) {
        const stands = !ended.has(sid)
        asked()
        await answer
        return stands
      },
    })
    const token = await tokens.sign(ALICE)
    await tokens.verify(token)
    tokens.forget({ sid: 's1' })

    const isAsked = new Promise<void>((resolve) => (asked = resolve))
    let goOn = () => {}
    answer = new Promise((resolve) => (goOn = resolve))
    const late = tokens.verify(token)
    await isAsked
    ended.add('s1')
    tokens.forget({ sid: 's1' })
    goOn()
    await late
    expect(tokens.verifyCached(token)).toBeUndefined()
    expect(await outcomeOf(tokens.verify(token))).toBe('token-revoked')
  })

  it('goes with its key', async () => {
    const { tokens, keys } = await start()
    const token = await tokens.sign(ALICE)
    await tokens.verify(token)
    await keys.retire(keys.current()!.kid)
    expect(tokens.verifyCached(token)).toBeUndefined()
    expect(await outcomeOf(tokens.verify(token))).toBe('token-unknown-key')
  })
})
