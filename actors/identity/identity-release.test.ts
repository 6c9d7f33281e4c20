import { expect, it } from 'vitest'

import { accountActor } from '#actors/account/account.actor.ts'
import type { AccountCommand } from '#actors/account/account.commands.ts'
import { createIdentityRelease } from '#actors/identity/identity-release.ts'
import { identityActor } from '#actors/identity/identity.actor.ts'
import { createConsumerRun } from '#test/consumer-run.ts'

const credential = '00000000-0000-4000-8000-000000000001'

it('gives the sign-ins of a purged account free, and no others, once', async () => {
  const run = createConsumerRun([accountActor, identityActor])
  const account = (command: AccountCommand) => run.send('account', 'bob', command)
  const valueOf = async (id: string) => (await run.host.state({ kind: 'identity', id })).value
  await account({ type: 'account.create', name: 'Bob', group: 'G', flags: '', credential })
  for (const [identity, owner] of [
    ['own', 'bob'],
    ['of-another', 'carol'],
  ] as const) {
    const claim = { type: 'identity.claim', provider: 'x', account: owner }
    await run.send('identity', identity, claim)
    await account({ type: 'account.link-identity', provider: 'x', identity })
  }
  const consumer = createIdentityRelease(run.host)
  await account({ type: 'account.delete', reason: 'gone' })
  await run.settle(consumer)
  expect(await valueOf('own')).toBe('claimed')
  await account({ type: 'account.forget' })
  await run.settle(consumer)
  expect([await valueOf('own'), await valueOf('of-another')]).toEqual(['free', 'claimed'])
  const head = await run.log.head()
  await run.repeat(consumer)
  expect(await run.log.head()).toBe(head)
  await run.stop()
})
