import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { AccountCommand } from '#actors/account/account.commands.ts'
import type { PresenceCommand, PresenceContext } from '#actors/presence/presence.commands.ts'
import { Refusal } from '#events/refusal.ts'
import { openConnection } from '#gateways/kernel/connection.ts'
import type { Member, Origin } from '#gateways/kernel/login.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

const HERE: Origin = { gateway: 'irc', address: '192.0.2.1' }
const OTHER = '01890000-0000-4000-8000-000000000000'

let system: TestSystem
beforeEach(async () => {
  system = await createTestSystem({ loginFailures: 5 })
  await system.addMember({ name: 'Ann', password: 'right' })
})
afterEach(() => system.stop())

const context = () => ({ by: 'ann', connection: null, commandId: system.ids.next() })
const tell = (command: AccountCommand) =>
  system.host.send({ kind: 'account', id: 'ann' }, command, context())
const codeOf = (run: Promise<unknown>) =>
  run.then(
    () => 'in',
    (cause: unknown) => (cause instanceof Refusal ? cause.code : String(cause)),
  )

/** RFC 5802 section 3, for a message that both sides take as it is. */
async function scramProof(password: string) {
  const challenge = await system.login.scram('ann')
  const salt = Buffer.from(challenge.salt, 'base64')
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const salted = pbkdf2Sync(password, salt, challenge.iterations, 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const signature = hmac(createHash('sha256').update(clientKey).digest(), 'message')
  const proof = clientKey.map((byte, at) => byte ^ signature[at]!)
  return () => challenge.finish('message', Buffer.from(proof).toString('base64'), HERE)
}

const newToken = () =>
  system.apiTokens.create('ann', { label: 'x', scopes: ['chat'], expiresAt: null }, context())

describe('what was shown before it was made void', () => {
  it('is a password that SCRAM had begun with', async () => {
    const finish = await scramProof('right')
    await tell({ type: 'account.set-password', credential: OTHER })
    expect(await codeOf(finish())).toBe('login-incorrect')
  })

  it('lets in by SCRAM as long as it is not', async () => {
    expect(await codeOf((await scramProof('right'))())).toBe('in')
  })

  async function enters(member: Member): Promise<string> {
    const connection = await openConnection({ ...system, readModels: undefined as never }, 'irc')
    const outcome = await codeOf(connection.authenticated(member, HERE))
    const presence = { kind: 'presence', id: 'ann' }
    const inside = await system.host.state<PresenceContext>(presence)
    expect(Object.keys(inside.context.connections)).toHaveLength(outcome === 'in' ? 1 : 0)
    return outcome
  }

  it('is an API token that is revoked before the connection is the member’s', async () => {
    const token = await newToken()
    const member = await system.login.verify({ name: 'ann', secret: token.text }, HERE)
    await system.apiTokens.revoke('ann', token.id, '', context())
    expect(await enters(member)).toBe('login-incorrect')
  })

  it('is a session that ends before the connection is the member’s', async () => {
    const shown = await system.login.verify({ name: 'ann', secret: 'right' }, HERE)
    const { accessToken, session } = await system.sessions.open(shown, 'password', HERE)
    const { member } = await system.sessions.member(accessToken)
    const end: PresenceCommand = { type: 'presence.end-session', session, reason: 'logout' }
    await system.host.send({ kind: 'presence', id: 'ann' }, end, context())
    expect(await enters(member)).toBe('login-incorrect')
  })
})

it('keys for SCRAM of other iterations than an unknown name’s are made anew at a login', async () => {
  const before = await system.passwords.scramKeys('right')
  const { credential } = await system.login.verify({ name: 'ann', secret: 'right' }, HERE)
  const old = JSON.stringify({ ...before, iterations: 8_192 })
  await system.vault.put(`scram:${credential}`, old)
  expect((await system.login.scram('ann')).iterations).toBe(8_192)
  await system.login.verify({ name: 'ann', secret: 'right' }, HERE)
  const [ann, nobody] = [await system.login.scram('ann'), await system.login.scram('nobody')]
  expect(ann.iterations).toBe(nobody.iterations)
  expect(await codeOf((await scramProof('right'))())).toBe('in')
})

it('a login by a token makes no room for more guesses at the password', async () => {
  const { text } = await newToken()
  const guess = (time: number) =>
    codeOf(
      system.login.verify(
        { name: 'ann', secret: 'guess' },
        { ...HERE, address: `198.51.100.${time}` },
      ),
    )
  for (let time = 0; time < 4; time++) await guess(time)
  expect(await codeOf(system.login.verify({ name: 'ann', secret: text }, HERE))).toBe('in')
  await guess(4)
  expect(await guess(5)).toBe('locked-out')
})
