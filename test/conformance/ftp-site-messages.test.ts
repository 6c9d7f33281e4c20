import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { MAILBOX_LIMITS } from '#actors/mailbox/mailbox.commands.ts'
import { memberSubject } from '#events/seals.ts'
import { operate } from '#test/conformance/administration.fixture.ts'
import { loginByToken } from '#test/conformance/ftp-rights.fixture.ts'
import { type SiteFixture, startSite } from '#test/conformance/ftp-site.fixture.ts'

let site: SiteFixture
beforeAll(async () => {
  site = await startSite({ allowsAnonymous: true })
  await site.caughtUp()
})
afterAll(() => site.stop())

describe('SITE MSG', () => {
  test('is read once, kept when saved, and purged', () =>
    site.replay(`
      ana> MSG READ
      200 You have no new messages.
      ben> MSG ana did you see that release?
      200 ana has a message from you.
      ben> MSG Ana  two  spaces "and quotes"
      200 Ana has a message from you.
      ana> MSG read
      200-Your messages:
      ~ from ben:
      ~ did you see that release?
      ~ two  spaces "and quotes"
      ~ 200 2 messages.
      ana> MSG READ
      200 You have no new messages.
      ana> MSG READ ALL
      ~ 200 2 messages.
      ana> MSG SAVE
      200 2 messages saved.
      ana> MSG PURGE
      200 0 messages purged.
      ana> MSG READ ALL
      ~ from ben, saved:
      ana> MSG PURGE ALL
      200 2 messages purged.
      ana> MSG READ ALL
      200 You have no messages.`))

  test('what cannot be sent is refused', () =>
    site.replay(`
      ben> MSG
      501-Something is missing.
      ben> MSG ana
      501-a message needs a text
      ben> MSG READ this
      501-READ takes no text: a member of that name is written to as {READ}
      ben> MSG SAVE ALL
      501-SAVE takes no text
      ben> MSG nobody hello
      550 There is no such member.
      ben> MSG {} hello
      501-the list names nobody
      ben> MSG * hello
      550 ben may not message-all
      ben> MSG =CREW hello
      550 ben may not message-all
      ben> MSG ana ${'x'.repeat(401)}
      501-a text has 400 characters`))

  test('goes to a list, to the own group, and to all for who may', async () => {
    await site.replay(`
      ana> MSG {ben nobody} for a list
      200-Sending:
      ~ nobody
      ~ There is no such member.
      ~ 200 1 member of 2 has it.
      ana> MSG {nobody none} for a list
      550-Sending:
      ~ 550 0 members of 2 have it.
      gus> MSG =crew for us
      200 1 member of 1 has it.
      root> MSG * for all
      ~ members of
      root> MSG =NOBODIES hello
      501-there is nobody else
      ana> MSG READ
      ~ from gus, to =crew:
      ~ from root, to *:
      ben> MSG READ
      ~ from ana, to {}:
      ~ from root, to *:
      ! for us
      root> MSG READ
      200 You have no new messages.`)
  })

  test('one sender fills no mailbox', async () => {
    const client = await site.ftp.login('aud')
    for (let sent = 0; sent < MAILBOX_LIMITS.unreadOfOne; sent++) {
      await client.say('SITE MSG gus again', '200')
    }
    await client.say('SITE MSG gus again', '550 20 of your messages there')
    await client.close()
    await site.replay(`
      ana> MSG gus me too
      200`)
  })

  test('is told of at the login', async () => {
    await site.say('ben> MSG root hello')
    const client = await site.ftp.connect()
    await client.expect('220')
    await client.say('USER root', '331')
    const welcome = await client.say('PASS password', '230')
    expect(welcome).toBe('230-You have 1 message: SITE MSG READ.\n230 Welcome, root.')
    await client.close()
  })

  test('is for no token without the scope, and for no guest', async () => {
    const client = await loginByToken(site.ftp, 'ana', ['read', 'admin'])
    await client.say('SITE MSG READ', '550')
    await client.say('SITE ONEL', '550')
    await client.close()
    const chatting = await loginByToken(site.ftp, 'ana', ['chat'])
    await chatting.say('SITE MSG READ', '200')
    await chatting.close()
    await site.system.addMember({ name: 'guest', group: 'OTHER', flags: '38' })
    await site.replay(`
      guest> MSG ana hello
      550
      guest> MSG READ
      550`)
  })

  test('lies sealed in the log, and is gone with the key of its receiver', async () => {
    const { log, seals } = site.system
    await site.system.addMember({ name: 'gone', group: 'OTHER' })
    await site.say('gone> TIME')
    await site.say('ana> MSG gone a secret between us')
    let facts = 0
    for await (const fact of log.readAll({ kinds: ['mailbox'] })) {
      facts++
      expect(JSON.stringify(fact)).not.toContain('a secret between us')
    }
    expect(facts).toBeGreaterThan(0)
    await seals.forget(memberSubject('gone'))
    await site.replay(`
      gone> MSG READ
      ~ (nobody can read it any more)
      ! a secret between us
      ana> MSG gone hello
      550 There is no such member.`)
  })

  test('is not sent to who was deleted', async () => {
    await site.system.addMember({ name: 'former', group: 'OTHER' })
    await operate(site.system, 'account.delete', { account: 'former' })
    await site.replay(`
      ana> MSG former hello
      550 There is no such member.`)
  })
})

test('one-liners: the last ten, by whom', async () => {
  await site.replay(`
    ana> ONEL
    200-One-liners:
    ~ 200 0 lines.
    ana> ONEL ${'x'.repeat(121)}
    501-a line has 120 characters`)
  for (let at = 1; at <= 11; at++) await site.say(`${at % 2 ? 'ana' : 'ben'}> ONEL line ${at}!`)
  await site.replay(`
    gus> ONEL
    200-One-liners:
    ~ when, UTC
    ~ line 2!
    ~ line 11!
    ! line 1!
    ~ 200 10 lines.`)
})
