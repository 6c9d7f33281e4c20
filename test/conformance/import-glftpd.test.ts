import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { AccountContext } from '#actors/account/account.commands.ts'
import type { GroupContext } from '#actors/group/group.commands.ts'
import type { LedgerContext } from '#actors/ledger/ledger.commands.ts'
import { memberSubject } from '#events/seals.ts'
import { credentialKey } from '#gateways/kernel/login.ts'
import { planImport, recordImport } from '#gateways/members/import-glftpd/import-site.ts'
import { readGlftpdSite } from '#gateways/members/import-glftpd/read-tree.ts'
import { readGlftpdTree } from '#infra/glftpd/read-tree.ts'
import { startFtp } from '#test/conformance/ftp-fixture.ts'
import {
  passwdLine,
  plainTree,
  removeTrees,
  type TreeFiles,
  writeTree,
} from '#test/conformance/import-glftpd.fixture.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

let ftp: Awaited<ReturnType<typeof startFtp>>
let system: TestSystem

beforeAll(async () => {
  ftp = await startFtp()
  system = ftp.system
})
afterAll(async () => {
  await ftp.stop()
  await removeTrees()
})

/** Both phases, as the command line does them. */
async function runImport(into: TestSystem, files: TreeFiles, steps = Number.POSITIVE_INFINITY) {
  const tree = await readGlftpdTree(await writeTree(files))
  const { site, problems } = readGlftpdSite(tree, ['default', 'MP3'])
  const plan = await planImport(into, site, problems)
  if (problems.count > 0) return { plan, problems: problems.shown }
  let left = steps
  const context = (commandId: string) => {
    if (left-- <= 0) throw new Error('interrupted')
    return { by: null, connection: null, commandId }
  }
  await recordImport(into, plan, context, () => {})
  return { plan, problems: problems.shown }
}

const accountOf = async (id: string, where = system) =>
  await where.host.state<AccountContext>({ kind: 'account', id })

describe('what is imported', () => {
  beforeAll(async () => {
    await runImport(system, plainTree())
  })

  it('is the record of a member', async () => {
    const { value, context } = await accountOf('bob')
    expect(value).toBe('active')
    expect(context).toMatchObject({
      name: 'bob',
      group: 'iND',
      groups: { iND: { isAdmin: true }, Friends: { isAdmin: false }, STAFF: { isAdmin: false } },
      flags: '13',
      limits: {
        loginsMax: 2,
        loginsPerAddressMax: 1,
        uploadsMax: null,
        downloadsMax: 3,
        uploadBytesPerSecondMax: 262_144,
        downloadBytesPerSecondMax: 524_288,
        idleTimeoutMs: 900_000,
        loginHours: { fromHour: 8, toHour: 18 },
      },
      profile: {
        tagline: 'Tschüss',
        comment: 'Added by glftpd; glFTPd: added by glftpd on 2024-04-05',
        startDirectory: '/incoming',
      },
      expiresAtMs: 1_900_000_000_000,
    })
  })

  it('has sealed masks, which the facts do not reveal', async () => {
    const { context } = await accountOf('bob')
    const masks = await Promise.all(
      Object.values(context.masks).map((sealed) =>
        system.seals.unseal(memberSubject('bob'), 'mask', sealed),
      ),
    )
    expect(masks).toEqual(['*@127.0.0.*', '!*@192.0.2.0/24'])
    for await (const { data } of system.log.readStream('account-bob')) {
      expect(JSON.stringify(data)).not.toMatch(/127\.0\.0|192\.0\.2/)
    }
  })

  it('is credits in bytes, each line with its cause', async () => {
    const { context } = await system.host.state<LedgerContext>({ kind: 'ledger', id: 'bob' })
    expect(context).toMatchObject({
      balances: { default: 15_000 * 1024, MP3: -20 * 1024 },
      ratios: { default: 5, MP3: 0 },
      allotments: { default: 2_048 * 1024 },
    })
    const causes = Object.values(context.lines).map(({ cause }) => cause)
    expect(causes).toEqual([
      { kind: 'import', note: 'glFTPd' },
      { kind: 'import', note: 'glFTPd' },
    ])
  })

  it('is the groups with their slots', async () => {
    const groups = await Promise.all(
      ['ind', 'friends', 'staff', 'nogroup'].map((id) =>
        system.host.state<GroupContext>({ kind: 'group', id }),
      ),
    )
    expect(groups.map(({ context }) => context)).toMatchObject([
      {
        name: 'iND',
        description: 'independent people',
        isPrivate: false,
        limits: {
          slots: 10,
          leechSlots: null,
          allotmentSlots: 0,
          allotmentBytesMax: 1_048_576,
          loginsMax: 4,
        },
      },
      { name: 'Friends', description: 'friends of the house' },
      { name: 'STAFF', isPrivate: true },
      { name: 'NoGroup', isPrivate: false },
    ])
  })

  it('is a deleted member too, who can be brought back', async () => {
    const { value, context } = await accountOf('ann')
    expect([value, context.name, context.flags]).toEqual(['deleted', 'Ann', '13'])
  })

  it('lets a member in by the old password, whose hash is argon2id and nothing else then', async () => {
    const key = credentialKey((await accountOf('bob')).context.credential)
    const weak = /\$01020304\$/.exec(plainTree()['etc/passwd'] as string)
    expect(weak).not.toBeNull()
    const before = await system.vault.get(key)
    expect(before).not.toContain('01020304$')
    expect(system.passwords.needsRehash(before!)).toBe(true)
    await system.host.send(
      { kind: 'account', id: 'bob' },
      { type: 'account.set-limits', limits: { loginHours: null } } as never,
      { by: null, connection: null, commandId: system.ids.next() },
    )
    const wrong = await ftp.connect()
    await wrong.expect('220')
    await wrong.say('USER bob', '331')
    await wrong.say('PASS another-password', '530')
    const client = await ftp.connect()
    await client.expect('220')
    await client.say('USER bob', '331')
    await client.say('PASS old-password', '230')
    const after = await system.vault.get(key)
    expect(after).toMatch(/^\$argon2id\$/)
    expect(system.passwords.needsRehash(after!)).toBe(false)
    expect(await system.passwords.verify(after!, 'old-password')).toBe(true)
  })

  it('has no password of a form that nobody can check', async () => {
    const { context } = await accountOf('carl')
    expect(context.group).toBe('NoGroup')
    expect(await system.vault.get(credentialKey(context.credential))).toBeUndefined()
  })
})

describe('an import again', () => {
  it('of the same files adds nothing', async () => {
    const head = await system.log.head()
    const { plan, problems } = await runImport(system, plainTree())
    expect(problems).toEqual([])
    expect(plan.users.map(({ standing }) => standing)).toEqual(['there', 'there', 'there'])
    expect(await system.log.head()).toBe(head)
  })

  it('of other files refuses the members that are there', async () => {
    const files = plainTree()
    files['ftp-data/users/carl'] += 'TAGLINE other\n'
    files['ftp-data/users/dora'] = files['ftp-data/users/carl']!
    files['etc/passwd'] += passwdLine('dora', 'doras-password')
    const { problems } = await runImport(system, files)
    expect(problems).toMatchObject([
      { file: 'ftp-data/users/carl', line: null, code: 'account-exists' },
    ])
    expect((await accountOf('dora')).value).toBe('absent')
  })

  it('that was interrupted lets nobody in before the masks are there', async () => {
    const broken = await createTestSystem()
    // Eight steps make the groups; the next ones the three accounts, side by side.
    await expect(runImport(broken, plainTree(), 12)).rejects.toThrow('interrupted')
    const { value, context } = await accountOf('bob', broken)
    expect(value).toBe('active')
    expect(context.masks).toEqual({})
    expect(await broken.vault.get(credentialKey(context.credential))).toBeUndefined()
    await broken.stop()
  })

  it('goes on where it was interrupted, at any step, and ends with the same', async () => {
    const whole = await createTestSystem()
    await runImport(whole, plainTree())
    const factsOf = async (of: TestSystem) => {
      const types: string[] = []
      for (const stream of ['account-bob', 'ledger-bob', 'account-ann', 'group-ind']) {
        for await (const { type } of of.log.readStream(stream)) types.push(`${stream} ${type}`)
      }
      return types
    }
    const expected = await factsOf(whole)
    const broken = await createTestSystem()
    for (const steps of [1, 2, 3, 5, 8]) {
      await expect(runImport(broken, plainTree(), steps)).rejects.toThrow('interrupted')
    }
    await runImport(broken, plainTree())
    expect(await factsOf(broken)).toEqual(expected)
    const { context } = await accountOf('bob', broken)
    expect(await broken.vault.get(credentialKey(context.credential))).toBeDefined()
    await Promise.all([whole.stop(), broken.stop()])
  })
})
