import { describe, expect, it } from 'vitest'

import { SITE_DEMANDS } from '#actors/policy/actions.ts'
import {
  answerTo,
  DEFAULT_RULES,
  inShort,
  MEMBERS,
  type Name,
} from '#test/conformance/policy.fixture.ts'

const YES = 'yes granted-by-rule'
const OWNER = 'yes granted-as-owner'
const UNNAMED = 'no not-granted-by-rule'
const NO_RULE = 'no no-rule'
const HIDDEN = 'no private-path'

describe('a site that has set no rights', () => {
  it.each<readonly [Name, string, string, string]>([
    ['bob', 'list', '/', YES],
    ['bob', 'list', '/incoming', YES],
    ['bob', 'download', '/incoming/Rel-GRP/a.r00', YES],
    ['bob', 'upload', '/incoming/Rel-GRP/a.r00', YES],
    ['carol', 'upload', '/other/Rel-GRP/a.r00', YES],
    ['bob', 'makedir', '/incoming/Rel-GRP', YES],
    ['bob', 'resume', '/incoming/Rel-GRP/a.r00', YES],
    ['bob', 'overwrite', '/incoming/Rel-GRP/a.r00', UNNAMED],
    ['siteop', 'overwrite', '/incoming/Rel-GRP/a.r00', YES],
    ['bob', 'delete', '/incoming/Rel-GRP/a.r00', UNNAMED],
    ['alice', 'delete', '/incoming/Rel-GRP/a.r00', UNNAMED],
    ['siteop', 'delete', '/incoming/Rel-GRP/a.r00', YES],
    ['moderator', 'delete', '/incoming/Rel-GRP/a.r00', UNNAMED],
    ['bob', 'deleteown', '/incoming/Rel-GRP/a.r00', YES],
    ['bob', 'rename', '/incoming/Rel-GRP', UNNAMED],
    ['siteop', 'rename', '/incoming/Rel-GRP', YES],
    ['bob', 'renameown', '/incoming/Rel-GRP', YES],
    ['bob', 'filemove', '/incoming/Rel-GRP/a.r00', UNNAMED],
    ['siteop', 'filemove', '/incoming/Rel-GRP/a.r00', YES],
    ['bob', 'chmod', '/incoming/Rel-GRP', UNNAMED],
    ['siteop', 'chmod', '/incoming/Rel-GRP', YES],
    ['bob', 'pre', '/incoming/Rel-GRP', UNNAMED],
    ['siteop', 'pre', '/incoming/Rel-GRP', YES],
    ['bob', 'nuke', '/incoming/Rel-GRP', UNNAMED],
    ['nuker', 'nuke', '/incoming/Rel-GRP', YES],
    ['nuker', 'unnuke', '/incoming/Rel-GRP', YES],
    ['clerk', 'nuke', '/incoming/Rel-GRP', UNNAMED],
    ['clerk', 'undupe', '/incoming/Rel-GRP', YES],
    ['nuker', 'undupe', '/incoming/Rel-GRP', UNNAMED],
    ['nuker', 'wipe', '/incoming/Rel-GRP', UNNAMED],
    ['siteop', 'wipe', '/incoming/Rel-GRP', YES],
    ['bob', 'dirlog', '/incoming/Rel-GRP', YES],
    ['bob', 'request', '/requests/x', YES],
    ['bob', 'hideinwho', '/incoming', NO_RULE],
    ['siteop', 'nostats', '/incoming', NO_RULE],
    ['bob', 'freefile', '/incoming/Rel-GRP/grp.NFO', YES],
    ['bob', 'freefile', '/incoming/Rel-GRP/a.r00', NO_RULE],
    // What is private is so for everything, the directory itself included.
    ['bob', 'list', '/private', HIDDEN],
    ['bob', 'list', '/Private/', HIDDEN],
    ['bob', 'download', '/private/x/y', HIDDEN],
    ['bob', 'upload', '/private/x', HIDDEN],
    ['bob', 'deleteown', '/private/x', HIDDEN],
    ['moderator', 'list', '/private/x', HIDDEN],
    ['siteop', 'list', '/private/x', YES],
    ['administrator', 'list', '/private/x', YES],
    ['bob', 'list', '/privateer', YES],
    ['bob', 'privpath', '/private/x', UNNAMED],
    ['siteop', 'privpath', '/private/x', YES],
    ['bob', 'privpath', '/incoming', 'yes public-path'],
  ])('%s %s %s: %s', (who, action, path, answer) => {
    expect(inShort(answerTo(action, { member: MEMBERS[who], path }))).toBe(answer)
  })

  it.each<readonly [Name, string, boolean, string]>([
    ['bob', 'delete', true, OWNER],
    ['bob', 'delete', false, UNNAMED],
    ['bob', 'rename', true, OWNER],
    ['bob', 'rename', false, UNNAMED],
    ['siteop', 'delete', false, YES],
    ['siteop', 'delete', true, YES],
    ['bob', 'deleteown', true, YES],
    ['bob', 'deleteown', false, 'no not-the-owner'],
    ['siteop', 'renameown', false, 'no not-the-owner'],
    ['bob', 'nuke', true, UNNAMED],
  ])('%s %s, own: %s: %s', (who, action, isOwner, answer) => {
    const path = '/incoming/Rel-GRP'
    expect(inShort(answerTo(action, { member: MEMBERS[who], path, isOwner }))).toBe(answer)
  })

  it.each<readonly [string, readonly Name[]]>([
    ['administer-accounts', ['siteop', 'administrator', 'editor']],
    ['administer-groups', ['siteop', 'administrator']],
    ['administer-rights', ['siteop', 'administrator']],
    ['give', ['siteop', 'administrator', 'banker']],
    ['take', ['siteop', 'administrator', 'banker']],
    ['kick', ['siteop', 'moderator', 'administrator', 'bouncer']],
    ['kill', ['siteop', 'moderator', 'administrator', 'bouncer']],
    ['ban', ['siteop', 'moderator', 'administrator']],
    ['see-users', ['siteop', 'moderator', 'administrator', 'editor', 'clerk']],
    // Flag A nukes: it does not make an auditor.
    ['audit', ['siteop', 'administrator', 'auditor']],
    ['metrics', ['siteop', 'administrator', 'auditor']],
    ['see-addresses', ['siteop', 'administrator']],
    ['message-all', ['siteop', 'moderator', 'administrator']],
    ['custom-reboot', []],
  ])('%s is for %j', (action, may) => {
    const all = Object.entries(MEMBERS).filter(([, { flags }]) => flags !== '8')
    const allowed = all.filter(([, member]) => answerTo(action, { member }).isAllowed)
    expect(allowed.map(([name]) => name)).toEqual(may)
  })

  it.each(['fxp-upload', 'fxp-download', 'message'])('%s is for everybody but guests', (action) => {
    const all = Object.entries(MEMBERS)
    const denied = all.filter(([, member]) => !answerTo(action, { member }).isAllowed)
    expect(denied.map(([name]) => name)).toEqual(['guest'])
  })

  it('TLS is demanded of nobody, and transfers with other sites are logged of everybody', () => {
    const { rights } = DEFAULT_RULES
    const demanded = SITE_DEMANDS.filter((demand) => rights.demands(demand, MEMBERS.bob))
    expect(demanded).toEqual(['fxp-log'])
  })
})
