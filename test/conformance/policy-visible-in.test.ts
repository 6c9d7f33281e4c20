import { describe, expect, test } from 'vitest'

import { isVisible, visibleIn } from '#actors/policy/path-rights.ts'
import { MEMBERS, rulesOf } from '#test/conformance/policy.fixture.ts'

const NAMES = ['Rel-GRP', 'secret', 'SECRET', 'Secret.x', 'a%73', '%73ecret', 'a.', 'a ', '..', '.']
const ODD = [
  'ﬁle',
  'SECRET\u200b',
  'ｓecret',
  'a/b',
  'a\\b',
  'secret dir',
  'ſecret',
  '',
  '[x]',
  '~',
]
const FOLDERS = ['/', '/incoming', '/Incoming/Rel-GRP', '/private', '/private/x', '/in%63oming']
const RIGHTS = [
  'privpath /private 1',
  'privpath /incoming/secret 1',
  'privpath /incoming/s* =STAFF',
  'privpath *secret* 1 !*',
  'privpath /incoming *\nprivpath /incoming/secret 1',
  'privpath /incoming/secret *\nprivpath /incoming 1',
  'privpath /[i-j]ncoming/Rel-GRP/secret 1',
  'privpath /?ncoming/secret -alice',
  'privpath / *',
  'privpath / 1',
  '',
]

describe('the names that are seen in a folder', () => {
  test.each(RIGHTS)('are those whose paths are seen: %j', (text) => {
    const { rights } = rulesOf(text)
    for (const member of [MEMBERS.bob, MEMBERS.alice, MEMBERS.siteop]) {
      for (const folder of FOLDERS) {
        const above = folder === '/' ? '' : folder
        const sees = visibleIn(member, folder, rights)
        const isSeen = isVisible(member, folder, rights)
        for (const name of [...NAMES, ...ODD]) {
          const alone = isSeen && isVisible(member, `${above}/${name}`, rights)
          expect([member.name, folder, name, sees(name)]).toEqual([
            member.name,
            folder,
            name,
            alone,
          ])
        }
      }
    }
  })
})
