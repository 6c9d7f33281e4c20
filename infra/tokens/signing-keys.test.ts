import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'

import { allEntries } from '#test/all-entries.fixture.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'
import { ALICE, createTokenSite, ISSUER, outcomeOf } from '#test/conformance/tokens.fixture.ts'
import type { PublicKeySet } from '#events/tokens.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

async function start() {
  const clock = createManualClock()
  return { clock, site: await createTokenSite(clock) }
}

const kidsOf = ({ keys }: PublicKeySet) => keys.map(({ kid }) => kid)

async function vaultKeys(site: Awaited<ReturnType<typeof createTokenSite>>): Promise<string[]> {
  return (await allEntries(site.vault, 'signing:')).map(({ key }) => key)
}

describe('signing keys', () => {
  it('are made at the first start, and found again at the next', async () => {
    const { site } = await start()
    const first = await site.startKeys()
    const token = await site.tokensOf(first).sign(ALICE)
    const second = await site.startKeys()
    expect(second.current()!.kid).toBe(first.current()!.kid)
    expect(await site.tokensOf(second).verify(token)).toMatchObject({ sub: 'alice' })
    expect(await site.book.keys()).toHaveLength(1)
  })

  it('are one, though two processes start at the same time', async () => {
    const { site } = await start()
    const processes = await Promise.all([site.startKeys(), site.startKeys(), site.startKeys()])
    expect(new Set(processes.map((keys) => keys.current()!.kid)).size).toBe(1)
    // Those that came second have left nothing behind.
    expect(await vaultKeys(site)).toEqual([`signing:${processes[0].current()!.kid}`])
  })

  it('never lie open: not in a fact, not in the set that is published, not in the vault', async () => {
    const { site } = await start()
    const keys = await site.startKeys()
    const { kid } = keys.current()!
    const { d } = await site.privateJwk(kid)
    expect(d).toHaveLength(43)
    const state = await site.host.state({ kind: 'signing', id: 'jwt' })
    const sealed = await site.vault.get(`signing:${kid}`)
    expect(JSON.stringify([state, site.tokensOf(keys).jwks(), sealed])).not.toContain(d)
  })

  it('are published so that anyone else can check a token', async () => {
    const { clock, site } = await start()
    const tokens = site.tokensOf(await site.startKeys())
    const set = createLocalJWKSet(structuredClone(tokens.jwks()) as never)
    const { payload } = await jwtVerify(await tokens.sign(ALICE), set, {
      currentDate: new Date(clock.now()),
      issuer: ISSUER,
      audience: 'veza',
    })
    expect(payload.sub).toBe('alice')
  })

  it('follow each other: announced first, then signing, the old one until its tokens expired', async () => {
    const { clock, site } = await start()
    const keys = await site.startKeys({ rotateEveryMs: DAY_MS })
    const tokens = site.tokensOf(keys)
    const old = keys.current()!.kid

    clock.advance(DAY_MS - 10 * MINUTE_MS - 1)
    await keys.rotateIfDue()
    expect(kidsOf(tokens.jwks())).toEqual([old])
    clock.advance(1)
    await keys.rotateIfDue()
    await keys.rotateIfDue()
    const [, next] = kidsOf(tokens.jwks())
    expect(kidsOf(tokens.jwks())).toEqual([old, next])
    expect(keys.current()!.kid).toBe(old)

    clock.advance(10 * MINUTE_MS - 1)
    const last = await tokens.sign(ALICE)
    clock.advance(1)
    expect(keys.current()!.kid).toBe(next)

    clock.advance(15 * MINUTE_MS)
    await keys.rotateIfDue()
    expect(await tokens.verify(last)).toMatchObject({ sub: 'alice' })
    clock.advance(5_000)
    await keys.rotateIfDue()
    expect(kidsOf(tokens.jwks())).toEqual([next])
    expect(await vaultKeys(site)).toEqual([`signing:${next}`])
  })

  it('are noticed by the other processes before they sign, by their look each minute', async () => {
    const { clock, site } = await start()
    const one = await site.startKeys({ rotateEveryMs: DAY_MS })
    const other = await site.startKeys({ rotateEveryMs: DAY_MS })
    const looks = async () => {
      clock.advance(MINUTE_MS)
      await Promise.all([one.refresh(), other.refresh()])
      await Promise.all([one.rotateIfDue(), other.rotateIfDue()])
    }
    clock.advance(DAY_MS - 10 * MINUTE_MS)
    await looks()
    await looks()
    expect(one.published().map(({ kid }) => kid)).toHaveLength(2)
    expect(other.published()).toEqual(
      one.published().map((key) => expect.objectContaining({ kid: key.kid })),
    )
    clock.advance(10 * MINUTE_MS)
    expect(other.current()!.kid).toBe(one.current()!.kid)
    const token = await site.tokensOf(one).sign(ALICE)
    expect(await site.tokensOf(other).verify(token)).toMatchObject({ sub: 'alice' })
    expect(site.faults).toEqual([])
  })

  it('that another process needed at once are looked for, not at each wrong token', async () => {
    const { clock, site } = await start()
    const one = await site.startKeys()
    const other = await site.startKeys()
    let looks = 0
    const read = site.book.keys
    site.book.keys = () => {
      looks++
      return read()
    }
    await one.retire(one.current()!.kid)
    const token = await site.tokensOf(one).sign(ALICE)
    const tokens = site.tokensOf(other)
    looks = 0
    clock.advance(1_000)
    expect(await tokens.verify(token)).toMatchObject({ sub: 'alice' })
    expect(looks).toBe(1)
    for (const letter of 'ABC') expect(await other.findSoon(letter.repeat(43))).toBeUndefined()
    expect(looks).toBe(1)
  })

  it('that are retired early void their tokens, and are replaced at once', async () => {
    const { clock, site } = await start()
    const keys = await site.startKeys()
    const tokens = site.tokensOf(keys)
    const old = keys.current()!.kid
    const token = await tokens.sign(ALICE)
    await keys.retire(old)
    clock.advance(1_000)
    expect(await outcomeOf(tokens.verify(token))).toBe('token-unknown-key')
    expect(await tokens.verify(await tokens.sign(ALICE))).toMatchObject({ sub: 'alice' })
    expect(kidsOf(tokens.jwks())).not.toContain(old)
  })

  it('verify without their private half, and another one signs', async () => {
    const { site } = await start()
    const before = await site.startKeys()
    const token = await site.tokensOf(before).sign(ALICE)
    const old = before.current()!.kid
    await site.vault.forget(`signing:${old}`)
    const after = await site.startKeys()
    expect(after.current()!.kid).not.toBe(old)
    expect(await site.tokensOf(after).verify(token)).toMatchObject({ sub: 'alice' })
  })

  it('that signed for twice their time, for want of another, sign no more', async () => {
    const { clock, site } = await start()
    const keys = await site.startKeys({ rotateEveryMs: DAY_MS })
    keys.close()
    clock.advance(2 * DAY_MS - 10 * MINUTE_MS)
    const tokens = site.tokensOf(keys)
    expect(await outcomeOf(tokens.sign(ALICE))).toBe('no-signing-key')
    await keys.ensureKey()
    expect(await tokens.verify(await tokens.sign(ALICE))).toMatchObject({ sub: 'alice' })
  })

  it('that someone changed or moved in the vault keep the server from starting', async () => {
    const { site } = await start()
    const keys = await site.startKeys({ rotateEveryMs: DAY_MS })
    const first = keys.current()!.kid
    const sealed = (await site.vault.get(`signing:${first}`))!
    await keys.retire(first)
    const place = `signing:${keys.current()!.kid}`
    const own = (await site.vault.get(place))!
    for (const wrong of [sealed, own.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))]) {
      await site.vault.put(place, wrong)
      await expect(site.startKeys()).rejects.toMatchObject({ code: 'seal-broken' })
    }
    await site.vault.put(place, own)
    expect((await site.startKeys()).current()!.kid).toBe(keys.current()!.kid)
  })

  it('are looked for again after the log was away, and serve meanwhile', async () => {
    const { clock, site } = await start()
    let tell: (cause: unknown) => void = () => {}
    const keys = await site.startKeys({ report: (cause) => tell(cause) })
    const read = site.book.keys
    const away = new Error('the log is away')
    site.book.keys = () => Promise.reject(away)
    const told = new Promise((resolve) => (tell = resolve))
    clock.advance(MINUTE_MS)
    expect(await told).toBe(away)
    expect(keys.current()).toBeDefined()
    const looked = new Promise<void>((resolve) => {
      site.book.keys = () => {
        resolve()
        return read()
      }
    })
    // The next look is set once the report is done.
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(MINUTE_MS)
    await looked
  })

  it('cannot be set to rotate faster than they can be announced', async () => {
    const { site } = await start()
    await expect(site.startKeys({ rotateEveryMs: 20 * MINUTE_MS })).rejects.toThrow(RangeError)
  })
})
