import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { CommandContext } from '#actors/kernel/host.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { enrolSecondFactor } from '#test/conformance/second-factor.fixture.ts'
import { createTestSystem } from '#test/harness.ts'

let ftp: FtpFixture

beforeEach(async () => {
  ftp = await startFtp({ system: await createTestSystem({ loginFailures: 5 }) })
  await ftp.system.addMember({ name: 'ana' })
})
afterEach(async () => {
  await ftp.stop()
  await ftp.system.stop()
})

const own = (): CommandContext => ({
  by: 'ana',
  connection: null,
  commandId: ftp.system.ids.next(),
})

async function greeted() {
  const client = await ftp.connect()
  await client.expect('220')
  return client
}

describe('a second factor', () => {
  const enrol = () => enrolSecondFactor(ftp.system, 'ana')

  it('is asked for with 332 and brought by ACCT', async () => {
    const { code } = await enrol()
    const client = await greeted()
    await client.say('ACCT 123456', '503')
    await client.say('USER ana', '331')
    await client.say('PASS password', '332')
    await client.say('PWD', '530')
    // The one that confirmed the enrolment is used up; the next is good already.
    await client.say(`ACCT ${code(0)}`, '530')
    await client.say('USER ana', '331')
    await client.say('PASS password', '332')
    await client.say(`ACCT ${code(1)}`, '230')
    await client.close()
  })

  it('can be a recovery code, once', async () => {
    const { recovery } = await enrol()
    for (const reply of ['230', '530']) {
      const client = await greeted()
      await client.say('USER ana', '331')
      await client.say('PASS password', '332')
      await client.say(`ACCT ${recovery[3]}`, reply)
      await client.close()
    }
  })

  it('is not asked of an API token', async () => {
    await enrol()
    const made = { label: 'lftp', scopes: ['read'] as const, expiresAt: null }
    const { text } = await ftp.system.apiTokens.create('ana', made, own())
    const client = await greeted()
    await client.say('USER ana', '331')
    await client.say(`PASS ${text}`, '230')
    await client.close()
  })
})

describe('an API token', () => {
  it('is good for its own member, until it expires or is revoked', async () => {
    const { system } = ftp
    await system.addMember({ name: 'bob' })
    const expiresAt = system.clock.now() + 3_600_000
    const made = { label: 'x', scopes: ['read'] as const, expiresAt }
    const { id, text } = await system.apiTokens.create('ana', made, own())
    const says = async (name: string) => {
      const client = await greeted()
      await client.say(`USER ${name}`, '331')
      const reply = await client.say(`PASS ${text}`)
      await client.close()
      return reply.slice(0, 3)
    }
    expect([await says('ana'), await says('bob')]).toEqual(['230', '530'])
    await system.apiTokens.revoke('ana', id, 'lost', own())
    expect(await says('ana')).toBe('530')
  })
})

it('after five failures the right password is locked out too, with the time to wait', async () => {
  for (let time = 0; time < 5; time++) {
    const client = await greeted()
    await client.say('USER ana', '331')
    await client.say(`PASS wrong${time}`, '530')
    await client.close()
  }
  const client = await greeted()
  await client.say('USER ana', '331')
  await client.say('PASS password', '530 Too many failed logins')
  await client.close()
})
