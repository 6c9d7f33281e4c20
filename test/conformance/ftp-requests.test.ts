import { afterAll, beforeAll, expect, test } from 'vitest'

import { type Releases, startReleases } from '#test/conformance/ftp-releases.fixture.ts'

let site: Releases
beforeAll(async () => {
  site = await startReleases()
  // The tables are there when they have caught up for the first time.
  await site.caughtUp()
})
afterAll(() => site.stop())

test('what is asked for is listed until it is filled or withdrawn', async () => {
  await site.replay(`
    ana> REQUEST Some Thing for incoming
    200 Some Thing is asked for.
    ben> REQUEST some thing
    550 Some Thing is asked for already, by ana.
    ben> REQUEST Other.Thing
    200 Other.Thing is asked for.
    ben> REQUEST nothing for nowhere
    550 /nowhere: No such file or directory.
    ben> REQUEST a/b
    501-a name has 2 to 150 characters
    ben> REQUESTS
    200-Asked for:
    ~ Some Thing
    ~ incoming
    ~ 200 2 requests.
    ben> REQFILLED "Some Thing" /incoming/None
    550 /incoming/None: No such file or directory.
  `)
  await site.tell('gus', 'MKD /incoming/Some.Thing-CREW', '257')
  await site.replay(`
    gus> REQFILLED "Some Thing" /incoming/Some.Thing-CREW
    200 Some Thing is filled.
    gus> REQFILLED "Some Thing"
    550 There is no such request.
    gus> REQUESTS FILLED
    ~ gus
    ~ /incoming/Some.Thing-CREW
    ana> REQDEL Other.Thing
    550
    ben> REQDEL Other.Thing
    200 Other.Thing is asked for no more.
    ben> REQUEST Other.Thing
    200 Other.Thing is asked for.
    root> REQDEL other.thing
    200
  `)
  await expect
    .poll(() => site.announced())
    .toEqual(
      expect.arrayContaining([
        '[REQUEST] Some Thing for incoming: asked for by ana',
        '[REQUEST] Some Thing: filled by gus: /incoming/Some.Thing-CREW',
        '[REQUEST] Other.Thing: withdrawn by root',
      ]),
    )
})

test('one member has ten of them open', async () => {
  for (let n = 0; n < 10; n++) await site.say(`aud> REQUEST thing-${n}`)
  expect(await site.say('aud> REQUEST thing-10')).toMatch(/^550 You have 10 open requests/)
  await site.say('aud> REQDEL thing-3')
  expect(await site.say('aud> REQUEST thing-10')).toMatch(/^200/)
})

test('with a section for them they have directories', async () => {
  await site.say('root> SECTION ADD REQUESTS purpose=requests')
  await site.say('ana> REQUEST A Film')
  await expect.poll(() => site.names('ben', '/REQUESTS')).toContain('REQ-A.Film')
  expect(await site.bring('ben', '/REQUESTS/REQ-A.Film/film.bin', 10)).toMatch(/^226/)
  await site.say('ben> REQFILLED "A Film"')
  await expect.poll(() => site.names('ben', '/REQUESTS')).toContain('FILLED-A.Film')
  const { content } = await (await site.as('ana')).retrieve('RETR /REQUESTS/FILLED-A.Film/film.bin')
  expect(content).toHaveLength(10)
})
