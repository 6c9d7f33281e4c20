import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { plainTree, removeTrees, writeTree } from '#test/conformance/import-glftpd.fixture.ts'
import { VezaProcess } from '#test/e2e/veza-process.ts'

const veza = await VezaProcess.create()
afterAll(async () => {
  await veza.dispose()
  await removeTrees()
})

test('a glFTPd is taken over: refused with the line, tried, done, and its members come in', async () => {
  const tree = plainTree()
  const folder = await writeTree({
    ...tree,
    // This one may come from anywhere and at any hour.
    'ftp-data/users/Ann': (tree['ftp-data/users/Ann'] as string).replace('FLAGS 136', 'FLAGS 3'),
  })
  const run = (...words: string[]) =>
    veza.run('import-glftpd', folder, '--sections', 'MP3', ...words)

  const carl = join(folder, 'ftp-data/users/carl')
  const good = await readFile(carl, 'utf8')
  await appendFile(carl, 'CREDITS 99999999999999999999\n')
  await appendFile(carl, 'FLAGS Z\n')
  const hostile = await run()
  expect(hostile.code).toBe(1)
  expect(hostile.stderr).toBe(
    [
      'ftp-data/users/carl:8: line-repeated: There is a line CREDITS already.',
      'ftp-data/users/carl:9: line-repeated: There is a line FLAGS already.',
      '2 problems: nothing is imported',
      '',
    ].join('\n'),
  )
  const { code } = await veza.run('account', 'show', 'bob')
  expect(code).toBe(1)

  await writeFile(carl, good)
  const tried = await run('--dry-run')
  expect(tried.code).toBe(0)
  expect(tried.stdout).toMatch(/^member +import +flags +groups .*password$/m)
  expect(tried.stdout).toMatch(/^bob +new +13 +iND \(admin\),Friends,STAFF .*as before$/m)
  expect((await veza.run('account', 'show', 'bob')).code).toBe(1)

  const resets = join(folder, 'resets')
  const { code: imported, stdout } = await run('--password-reset-file', resets, '--json')
  expect(imported).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    imported: true,
    members: [
      { name: 'Ann', standing: 'new', has_password: true },
      { name: 'bob', standing: 'new', has_password: true },
      { name: 'carl', standing: 'new', has_password: false },
    ],
  })
  expect(await readFile(resets, 'utf8')).toBe('carl\n')
  const again = await run('--json')
  expect(JSON.parse(again.stdout).members).toMatchObject([
    { standing: 'there' },
    { standing: 'there' },
    { standing: 'there' },
  ])
  expect((await run('--password-reset-file', resets)).stderr).toMatch(/^file-unreadable: EEXIST/)

  await veza.start()
  expect((await veza.get('/api/v1/me', 'ann:anns-password')).status).toBe(200)
  expect((await veza.get('/api/v1/me', 'ann:another-password')).status).toBe(401)
  const credits = await veza.run('credits', 'explain', 'bob')
  expect(credits.stdout).toMatch(/ default +15360000 +15360000 .*import, note glFTPd +-$/m)
})
