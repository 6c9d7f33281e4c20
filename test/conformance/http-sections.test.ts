import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { RaceCommand } from '#actors/race/race.commands.ts'
import type { SectionCommand } from '#actors/section/section.commands.ts'
import {
  operate,
  root,
  type SiteWithReadModels,
  startWithReadModels,
} from '#test/conformance/administration.fixture.ts'

let site: SiteWithReadModels

beforeAll(async () => {
  site = await startWithReadModels()
  const { system } = site
  await operate(system, 'group.add', { name: 'CREW' })
  await system.addMember({ name: 'cara', group: 'CREW' })
})
afterAll(() => site.stop())

const bob = { as: 'bob' }
const cara = { as: 'cara' }

/** As the site makes one. */
async function makeRelease(section: string, release: string): Promise<void> {
  const { host, ids } = site.system
  const race = ids.next()
  const context = () => ({ by: 'cara', connection: null, commandId: ids.next() })
  const make: SectionCommand = { type: 'section.create-release', release, race }
  await host.send({ kind: 'section', id: section }, make, context())
  const create: RaceCommand = { type: 'race.create', section, release }
  await host.send({ kind: 'race', id: race }, create, context())
}

describe('sections', () => {
  test('are made, changed and removed by who may', async () => {
    const rules = { dupe_days: 30, banned_names: ['*.exe'] }
    const made = await site.api(201, 'POST /sections', { ...root, body: { name: 'MP3', rules } })
    expect(made).toMatchObject({ name: 'MP3', rules: { ...rules, purpose: 'releases' } })
    const other = { ...root, body: { name: 'MP3' } }
    expect(await site.api(409, 'POST /sections', other)).toMatchObject({ code: 'section-exists' })
    await site.api(403, 'POST /sections', { ...bob, body: { name: 'TV' } })
    await site.api(400, 'POST /sections', { ...root, body: { name: 'a b' } })
    const wrong = { ...root, body: { rules: { dupe_days: -1 } } }
    await site.api(400, 'PATCH /sections/MP3', wrong)
    const change = { ...root, body: { rules: { audio: AUDIO } } }
    expect(await site.api(200, 'PATCH /sections/MP3', change)).toMatchObject({
      rules: { ...rules, audio: AUDIO },
    })
    const unreadable = { ...root, body: { rules: { release_names: '(' } } }
    expect(await site.api(400, 'PATCH /sections/MP3', unreadable)).toMatchObject({
      code: 'invalid-section-rule',
    })
    await makeRelease('MP3', 'Some.Release-CREW')
    expect(await site.api(409, 'DELETE /sections/MP3', root)).toMatchObject({
      code: 'section-not-empty',
    })
    await site.api(403, 'DELETE /sections/MP3', bob)
    await site.api(404, 'DELETE /sections/none', root)
    await site.api(201, 'POST /sections', { ...root, body: { name: 'TEMP' } })
    await site.api(204, 'DELETE /sections/TEMP', root)
    await site.api(404, 'GET /sections/TEMP', root)
  })

  test('of a group are there for the group', async () => {
    await site.api(201, 'POST /affils', { ...root, body: { group: 'CREW', targets: ['MP3'] } })
    const namesFor = async (asking: object) =>
      (await site.api(200, 'GET /sections', asking)).items.map((each: any) => each.name)
    expect(await namesFor(root)).toEqual(['MP3', 'incoming', 'pre-CREW'])
    expect(await namesFor(cara)).toEqual(['MP3', 'incoming', 'pre-CREW'])
    expect(await namesFor(bob)).toEqual(['MP3', 'incoming'])
    const hidden = await site.api(404, 'GET /sections/pre-CREW', bob)
    const absent = await site.api(404, 'GET /sections/pre-NONE', bob)
    expect({ ...hidden, request_id: '', title: '', section: '' }).toEqual({
      ...absent,
      request_id: '',
      title: '',
      section: '',
    })
    await site.api(200, 'GET /sections/pre-CREW', cara)
  })

  // Without the rights that an affil comes with it would be open to everybody.
  test.each([
    ['POST /sections', { name: 'PRE-BARE', rules: { purpose: 'pre', group: 'CREW' } }],
    ['PATCH /sections/MP3', { rules: { purpose: 'pre', group: 'CREW' } }],
    ['PATCH /sections/pre-CREW', { rules: { group: 'STAFF' } }],
    ['PATCH /sections/pre-CREW', { rules: { purpose: 'releases' } }],
  ])('of a group come and go with its affil alone: %s %j', async (line, body) => {
    const refused = await site.api(409, line, { ...root, body })
    expect(refused).toMatchObject({ code: 'pre-section-of-affil' })
    expect(refused.title).toContain('SITE ADDAFFIL')
    await site.api(404, 'GET /sections/PRE-BARE', root)
    const { rules } = await site.api(200, 'GET /sections/pre-CREW', root)
    expect(rules).toMatchObject({ purpose: 'pre', group: 'CREW' })
  })

  test('of a group change in what is no secret', async () => {
    const body = { rules: { purpose: 'pre', group: 'CREW', dupe_days: 7 } }
    await site.api(200, 'PATCH /sections/pre-CREW', { ...root, body })
  })
})

test('affils that come and go at the same moment do not undo the rights of each other', async () => {
  const groups = ['ONE', 'TWO', 'TEN']
  for (const name of groups) await operate(site.system, 'group.add', { name })
  const add = (group: string) => site.api(201, 'POST /affils', { ...root, body: { group } })
  await add('TEN')
  await Promise.all([add('ONE'), site.api(204, 'DELETE /affils/TEN', root), add('TWO')])
  const { text } = await site.api(200, 'GET /policy/rights', root)
  const hidden = groups.map((group) => text.includes(`privpath /pre-${group} 1 =${group}\n`))
  expect(hidden).toEqual([true, true, false])
  for (const group of ['ONE', 'TWO']) await site.api(204, `DELETE /affils/${group}`, root)
  const after = await site.api(200, 'GET /policy/rights', root)
  expect(after.text).not.toMatch(/pre-(ONE|TWO|TEN)/)
})

test('releases are searched, without those that are not to be seen', async () => {
  for (const name of ['Second.Release-CREW', 'Third_100%-CREW']) await makeRelease('MP3', name)
  await makeRelease('pre-CREW', 'Secret.Release-CREW')
  await site.caughtUp()
  const found = async (query: string, asking: object = bob) =>
    (await site.api(200, `GET /releases?${query}`, asking)).items.map((each: any) => each.name)
  expect(await found('')).toEqual(['Third_100%-CREW', 'Second.Release-CREW', 'Some.Release-CREW'])
  expect(await found('q=release', cara)).toEqual([
    'Secret.Release-CREW',
    'Second.Release-CREW',
    'Some.Release-CREW',
  ])
  expect(await found('q=crew%20SECOND')).toEqual(['Second.Release-CREW'])
  expect(await found('q=_100%25')).toEqual(['Third_100%-CREW'])
  expect(await found('q=d.release&section=MP3&here=true')).toEqual(['Second.Release-CREW'])
  expect(await found('q=%00')).toEqual([])
  const first = await site.api(200, 'GET /releases?limit=1', bob)
  expect(first.items).toMatchObject([{ name: 'Third_100%-CREW', maker: 'cara', gone: null }])
  const second = await site.api(200, `GET /releases?limit=1&cursor=${first.next_cursor}`, bob)
  expect(second.items).toMatchObject([{ name: 'Second.Release-CREW' }])
  const third = await site.api(200, `GET /releases?limit=2&cursor=${second.next_cursor}`, bob)
  expect(third).toMatchObject({ items: [{ name: 'Some.Release-CREW' }], next_cursor: null })
  // What is hidden is as what is not there: no page follows.
  await makeRelease('pre-CREW', 'Other.Secret-CREW')
  await site.caughtUp()
  for (const query of ['section=pre-CREW', 'section=NONE', 'q=secret', 'q=none']) {
    const page = await site.api(200, `GET /releases?limit=1&${query}`, bob)
    expect(page).toMatchObject({ items: [], next_cursor: null })
  }
  await site.api(400, 'GET /releases?cursor=x', bob)
  await site.api(401, 'GET /releases')
})

test('races too: a section that is hidden is as one that is not there', async () => {
  const asked = async (query: string, asking: object) =>
    await site.api(200, `GET /races?${query}`, asking)
  const names = ({ items }: any) => items.map((each: any) => each.release)
  const secret = await asked('section=pre-CREW&limit=1', cara)
  expect(names(secret)).toEqual(['Other.Secret-CREW'])
  expect(secret.next_cursor).not.toBeNull()
  const { position: _, ...hidden } = await asked('section=pre-CREW&limit=1', bob)
  const { position: __, ...absent } = await asked('section=pre-NONE&limit=1', bob)
  expect(hidden).toEqual(absent)
  expect(hidden).toEqual({ items: [], next_cursor: null })
  // Hidden ones are newer than the three that are seen.
  const first = await asked('limit=2', bob)
  expect(names(first)).toEqual(['Third_100%-CREW', 'Second.Release-CREW'])
  const second = await asked(`limit=1&cursor=${first.next_cursor}`, bob)
  expect(names(second)).toEqual(['Some.Release-CREW'])
  expect(second.next_cursor).toBeNull()
})

const AUDIO = {
  genres: ['Rock'],
  banned_genres: [],
  year_from: 2020,
  year_to: null,
  kbps_from: null,
  kbps_to: 320,
  action: 'warn',
}
