import { Command } from 'commander'
import { describe, expect, it } from 'vitest'

import { Refusal } from '#events/refusal.ts'
import { addAdminCommands } from '#gateways/cli/admin/admin-commands.ts'
import { CONTROL_OPERATIONS, type ControlOperation } from '#gateways/control/operations.ts'

/** Parses a line as the program does, and answers what it asks for. */
async function parse(line: string, answer: () => unknown = () => ({})) {
  const said: string[] = []
  const asked: { operation: ControlOperation; params: object }[] = []
  const imports: unknown[] = []
  const codes: number[] = []
  const program = new Command('veza').exitOverride().configureOutput({ writeErr: () => {} })
  addAdminCommands(
    program,
    {
      say: (text) => said.push(text),
      complain: (text) => said.push(text),
      operate: async (_, operation, params) => {
        asked.push({ operation, params })
        return answer()
      },
      importGlftpd: async (_, folder, options) => {
        imports.push([folder, options])
        return 0
      },
    },
    () => ({ config: undefined, values: {} }),
    async (action) => void codes.push(await action),
  )
  await program.parseAsync(line.split(' '), { from: 'user' })
  return { said, asked, imports, codes }
}

const TOKEN = '01a1fd53-f878-7001-a453-5e030b71edc9'

describe('what a line asks for, with parameters that the operation takes', () => {
  it.each<[string, ControlOperation, object]>([
    ['account show bob', 'account.show', { account: 'bob' }],
    [
      'account list --group iND --standing deleted',
      'account.list',
      { group: 'iND', standing: 'deleted', limit: 50 },
    ],
    [
      'account set bob --role moderator --inactive --reason away',
      'account.set',
      { account: 'bob', role: 'moderator', active: false, reason: 'away' },
    ],
    [
      'account set bob --expires 2030-01-01',
      'account.set',
      { account: 'bob', expires_at: '2030-01-01T00:00:00.000Z' },
    ],
    [
      'account set bob --expires none --real-name none',
      'account.set',
      { account: 'bob', expires_at: null, real_name: null },
    ],
    [
      'account set bob --uploads 2 --download-speed none --hours 22-6',
      'account.set',
      {
        account: 'bob',
        limits: {
          uploads_max: 2,
          download_bytes_per_second_max: null,
          login_hours: { from_hour: 22, to_hour: 6 },
        },
      },
    ],
    [
      'account set bob --primary-group iND --start-directory /x',
      'account.set',
      { account: 'bob', primary_group: 'iND', profile: { start_directory: '/x' } },
    ],
    ['account group bob join iND', 'account.join-group', { account: 'bob', group: 'iND' }],
    ['account group bob leave iND', 'account.leave-group', { account: 'bob', group: 'iND' }],
    [
      'account group bob admin iND --remove',
      'account.set-group-admin',
      { account: 'bob', group: 'iND', is_admin: false },
    ],
    ['account mask bob list', 'account.masks', { account: 'bob' }],
    [
      'account mask bob remove *@1.2.3.4',
      'account.set-masks',
      { account: 'bob', remove: ['*@1.2.3.4'] },
    ],
    ['account token bob list', 'account.tokens', { account: 'bob' }],
    [
      'account token bob create --label x --scope read,chat --days 3',
      'account.create-token',
      { account: 'bob', label: 'x', scopes: ['read', 'chat'], expires_in_days: 3 },
    ],
    [
      `account token bob revoke ${TOKEN} --reason lost`,
      'account.revoke-token',
      { account: 'bob', token: TOKEN, reason: 'lost' },
    ],
    [
      'account ban bob --for 7d --reason noise',
      'account.ban',
      { account: 'bob', duration_seconds: 604_800, reason: 'noise' },
    ],
    [
      'account ban bob --until 2030-01-01 --reason noise',
      'account.ban',
      { account: 'bob', until: '2030-01-01T00:00:00.000Z', reason: 'noise' },
    ],
    ['account unban bob', 'account.unban', { account: 'bob' }],
    ['account delete bob --reason left', 'account.delete', { account: 'bob', reason: 'left' }],
    ['account readd bob', 'account.readd', { account: 'bob' }],
    ['account purge bob', 'account.purge', { account: 'bob' }],
    ['account unlock bob', 'account.unlock', { account: 'bob' }],
    ['account forget bob --yes', 'account.forget', { account: 'bob' }],
    ['forget bob --yes', 'account.forget', { account: 'bob' }],
    ['account sessions bob --end all', 'account.end-sessions', { account: 'bob' }],
    [
      'account sessions bob --end c1 --reason x',
      'account.end-sessions',
      { account: 'bob', session: 'c1', reason: 'x' },
    ],
    ['account mfa bob remove --reason lost', 'mfa.remove', { account: 'bob', reason: 'lost' }],
    ['group delete iND', 'group.delete', { group: 'iND' }],
    ['group readd iND', 'group.readd', { group: 'iND' }],
    [
      'group set iND --leech-slots none --allotment-max 10G --public',
      'group.set',
      {
        group: 'iND',
        is_private: false,
        limits: { leech_slots: null, allotment_bytes_max: 10_737_418_240 },
      },
    ],
    ['section list', 'section.list', {}],
    [
      'section add MP3 dupe_days=30 banned_names=*.exe,*.com',
      'section.add',
      { name: 'MP3', rules: { dupe_days: 30, banned_names: ['*.exe', '*.com'] } },
    ],
    ['section set MP3 group=none', 'section.set', { section: 'MP3', rules: { group: null } }],
    ['section remove MP3', 'section.remove', { section: 'MP3' }],
    [
      'credits take bob 5M --section MP3',
      'credits.take',
      { account: 'bob', bytes: 5_242_880, section: 'MP3' },
    ],
    [
      'credits reverse bob 12 --bytes 1K',
      'credits.reverse',
      { account: 'bob', line: 12, bytes: 1_024 },
    ],
    ['credits ratio bob 1.5', 'credits.ratio', { account: 'bob', ratio: 1.5 }],
    ['credits allotment bob none', 'credits.allotment', { account: 'bob', bytes: null }],
    [
      'explain --member bob --may delete --path /x --own',
      'policy.explain',
      { member: 'bob', may: 'delete', path: '/x', is_owner: true },
    ],
    [
      'explain --member bob --may administer-accounts --target ann',
      'policy.explain',
      { member: 'bob', may: 'administer-accounts', target: 'ann' },
    ],
    ['keys rotate-master', 'keys.rotate-master', {}],
  ])('%s', async (line, operation, params) => {
    const { asked, codes } = await parse(`${line} --json`, () => ({ allowed: true }))
    expect(asked).toEqual([{ operation, params }])
    expect(CONTROL_OPERATIONS[operation].params.safeParse(params)).toMatchObject({ success: true })
    expect(codes).toEqual([0])
  })
})

it('an import is no operation', async () => {
  const { imports, asked } = await parse('import-glftpd /glftpd --dry-run --sections MP3,0DAY')
  expect(asked).toEqual([])
  expect(imports).toEqual([['/glftpd', { json: false, dryRun: true, sections: ['MP3', '0DAY'] }]])
})

it('a refusal ends with 1 and its code, and wrong parameters with 2 and each of them', async () => {
  const refusing = (refusal: Refusal) => () => {
    throw refusal
  }
  const banned = await parse('account unban bob', refusing(new Refusal('not-banned', 'No.')))
  expect(banned).toMatchObject({ said: ['not-banned: No.'], codes: [1] })
  const errors = [{ pointer: '/flags', detail: 'digits' }]
  const wrong = new Refusal('invalid-parameters', 'That is not valid.', { errors })
  expect(await parse('account set bob --flags x', refusing(wrong))).toMatchObject({
    said: ['invalid-parameters: That is not valid.', '  flags: digits'],
    codes: [2],
  })
})

it.each([
  ['account ban bob', /required option '--reason/],
  ['account group bob marry iND', /Allowed choices are join, leave, admin/],
  ['account list --standing gone', /Allowed choices are active, deleted, purged/],
  ['credits give bob lots', /it is no number of bytes/],
  ['account ban bob --for ever --reason x', /it is no time/],
])('%s is wrongly asked', async (line, words) => {
  await expect(parse(line)).rejects.toThrow(words)
})
