import { afterEach, beforeEach, expect, test } from 'vitest'

import { groupActor } from '#actors/group/group.actor.ts'
import { assertGroupLogins } from '#gateways/kernel/group-logins.ts'
import type { OpenConnection, ReadModels } from '#projections/read-models.ts'
import { createConsumerRun } from '#test/consumer-run.ts'

let run: ReturnType<typeof createConsumerRun>
beforeEach(async () => {
  run = createConsumerRun([groupActor])
  await run.send('group', 'race', { type: 'group.create', name: 'RACE' } as never)
})
afterEach(() => run.stop())

const limitTo = (loginsMax: number) =>
  run.send('group', 'race', { type: 'group.set-limits', limits: { loginsMax } } as never)

function comingIn(open: (string | null)[], group = 'RACE', flags = '3') {
  const rows = open.map((each) => ({ group: each }) as OpenConnection)
  const readModels = { connections: async () => rows } as unknown as ReadModels
  return assertGroupLogins({ host: run.host, readModels }, { group, flags })
}

test('a group without a limit lets everybody in', async () => {
  await comingIn(['RACE', 'RACE', 'RACE'])
  await comingIn(['RACE'], 'OTHER')
  await comingIn([], '')
})

test('its limit counts the connections of its members, whatever the case of its name', async () => {
  await limitTo(2)
  await comingIn(['RACE', null, 'OTHER', 'OTHER'])
  await expect(comingIn(['RACE', 'race', null])).rejects.toMatchObject({
    code: 'too-many-group-logins',
    message: 'The group RACE has 2 simultaneous logins: 2 at most.',
    fields: { group: 'RACE', limit: 2 },
  })
  await comingIn(['RACE', 'RACE'], 'OTHER')
})

test('nobody with 0, but those with flag 4', async () => {
  await limitTo(0)
  await expect(comingIn([])).rejects.toMatchObject({ code: 'too-many-group-logins' })
  await comingIn(['RACE'], 'RACE', '34')
})
