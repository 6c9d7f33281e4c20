import { afterAll, beforeAll, expect, test } from 'vitest'

import {
  root,
  type SiteWithReadModels,
  startWithReadModels,
} from '#test/conformance/administration.fixture.ts'

const alice = { as: 'alice' }

let site: SiteWithReadModels
beforeAll(async () => {
  site = await startWithReadModels()
  await site.api(201, 'POST /groups', { ...root, body: { name: 'CREW' } })
})
afterAll(() => site.stop())

const send = (kind: string, id: string, command: object, by: string | null = 'root') =>
  site.system.host.send({ kind, id }, command as never, {
    by,
    connection: null,
    commandId: site.system.ids.next(),
  })

test('affils are made and ended, and known to those who see them', async () => {
  const affil = { group: 'CREW', section: 'pre-CREW', targets: ['incoming'] }
  expect(await site.api(201, 'POST /affils', { ...root, body: { group: 'crew' } })).toEqual(affil)
  await site.api(409, 'POST /affils', { ...root, body: { group: 'CREW' } })
  expect(await site.api(200, 'GET /affils', root)).toEqual({ items: [affil] })
  expect(await site.api(200, 'GET /affils', alice)).toEqual({ items: [] })
  await site.api(403, 'DELETE /affils/CREW', alice)
  await site.api(204, 'DELETE /affils/CREW', root)
  expect(await site.api(200, 'GET /affils', root)).toEqual({ items: [] })
  const { text } = await site.api(200, 'GET /policy/rights', root)
  expect(text).not.toContain('pre-CREW')
})

test('nukes and requests are listed, without what is hidden', async () => {
  const nuke = { type: 'race.nuke', multiplier: 3, reason: 'bad', emptyBytes: 9 }
  for (const [id, section] of [
    ['00000000-0000-4000-8000-000000000001', 'incoming'],
    ['00000000-0000-4000-8000-000000000002', 'private'],
  ]) {
    await send('race', id!, { type: 'race.create', section, release: 'R' }, 'bob')
    await send('race', id!, nuke)
  }
  await send('request', 'one', { type: 'request.make', name: 'Thing', section: 'private' }, 'bob')
  await site.caughtUp()
  const seen = await site.api(200, 'GET /nukes', alice)
  expect(seen.items).toMatchObject([
    { section: 'incoming', name: 'R', nuker: 'root', multiplier: 3, undone: null },
  ])
  expect(seen.items[0].nukees).toEqual([{ member: 'bob', group: '', files: 0, size_bytes: 0 }])
  expect((await site.api(200, 'GET /nukes', root)).items).toHaveLength(2)
  await send('race', '00000000-0000-4000-8000-000000000001', {
    type: 'race.unnuke',
    reason: 'good',
  })
  await site.caughtUp()
  expect((await site.api(200, 'GET /nukes', alice)).items).toEqual([])
  expect((await site.api(200, 'GET /nukes?undone=true', alice)).items).toMatchObject([
    { undone: { by: 'root', reason: 'good' } },
  ])
  const [asked] = (await site.api(200, 'GET /requests', alice)).items
  expect(asked).toMatchObject({ name: 'Thing', section: null, state: 'open', made_by: 'bob' })
})
