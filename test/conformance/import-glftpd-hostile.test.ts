import { execFileSync } from 'node:child_process'
import { mkdir, rename, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, expect, it } from 'vitest'

import { problemLine } from '#gateways/cli/admin/import-view.ts'
import { readGlftpdSite } from '#gateways/members/import-glftpd/read-tree.ts'
import { readGlftpdTree } from '#infra/glftpd/read-tree.ts'
import {
  passwdLine,
  plainTree,
  removeTrees,
  type TreeFiles,
  writeTree,
} from '#test/conformance/import-glftpd.fixture.ts'

afterAll(removeTrees)

async function problemsIn(folder: string): Promise<string[]> {
  const { problems } = readGlftpdSite(await readGlftpdTree(folder), ['default', 'MP3'])
  return problems.shown.map(problemLine)
}

it('nothing is wrong with the plain tree', async () => {
  expect(await problemsIn(await writeTree(plainTree()))).toEqual([])
})

const bobs = plainTree()['ftp-data/users/bob'] as Buffer

it.each<[string, (files: TreeFiles) => void, RegExp[]]>([
  [
    'a user who is named a path',
    (files) => (files['etc/passwd'] += passwdLine('../../root', 'x')),
    [/^etc\/passwd:4: name-unfit: "\.\.\/\.\.\/root"/],
  ],
  [
    'a user twice, in another case',
    (files) => (files['etc/passwd'] += passwdLine('BOB', 'another')),
    [/^etc\/passwd:4: duplicate-user: "BOB" stands in line 1 already/],
  ],
  [
    'two files of one user',
    (files) => (files['ftp-data/users/BOB'] = bobs),
    [/^ftp-data\/users\/bob: duplicate-user: "BOB" differs in case alone/],
  ],
  [
    'a group that is not there',
    (files) => (files['ftp-data/users/carl'] += 'GROUP Ghosts 0\n'),
    [/^ftp-data\/users\/carl:8: group-missing: There is no group "Ghosts"/],
  ],
  [
    'a user without a line in passwd',
    (files) => (files['ftp-data/users/eve'] = files['ftp-data/users/carl']!),
    [/^ftp-data\/users\/eve: not-in-passwd: /],
  ],
  [
    'a line in passwd without a file',
    (files) => (files['etc/passwd'] += passwdLine('eve', 'eves')),
    [/^etc\/passwd:4: file-missing: "eve"/],
  ],
  [
    'a group without a file',
    (files) => (files['etc/group'] += 'Ghosts:x:400:\n'),
    [/^etc\/group:4: file-missing: "Ghosts"/],
  ],
  [
    'a line of passwd that is none',
    (files) => (files['etc/passwd'] += 'eve\n'),
    [/^etc\/passwd:4: malformed-line: /],
  ],
  [
    'slots beyond all numbers',
    (files) => (files['ftp-data/groups/Friends'] = 'SLOTS 99999999999999999999 0\n'),
    [/^ftp-data\/groups\/Friends:1: not-a-number: /],
  ],
  [
    'bytes that are no text, a NUL and a line without end, each with its line',
    (files) => {
      files['ftp-data/users/carl'] = Buffer.concat([
        Buffer.from(files['ftp-data/users/carl'] as string),
        Buffer.from('TAGLINE a\0b\n'),
        Buffer.from([0x49, 0x50, 0x20, 0x9f, 0xff, 0x0a]),
        Buffer.from(`USER ${'x'.repeat(10_000)}`),
      ])
    },
    [
      /carl:8: control-character: .*U\+0000/,
      /carl:9: control-character: /,
      /carl:10: line-too-long: /,
    ],
  ],
  [
    'problems of several files, all of them told',
    (files) => {
      files['ftp-data/users/carl'] += 'IP nonsense\nSHELL /bin/sh\n'
      files['ftp-data/groups/iND'] = 'ROOT yes\n'
    },
    [/groups\/iND:1: line-unknown: /, /carl:8: mask-unfit: "nonsense"/, /carl:9: line-unknown: /],
  ],
])('refuses %s', async (_, change, expected) => {
  const files = plainTree()
  change(files)
  const problems = await problemsIn(await writeTree(files))
  expect(problems).toHaveLength(expected.length)
  expected.forEach((pattern, index) => expect(problems[index]).toMatch(pattern))
})

it('does not follow links, out of the folder or within it', async () => {
  const folder = await writeTree(plainTree())
  const outside = await writeTree({ secret: 'FLAGS 1\nCREDITS 0\nRATIO 0\n' })
  await symlink(join(outside, 'secret'), join(folder, 'ftp-data/users/mallory'))
  await symlink('bob', join(folder, 'ftp-data/users/bobby'))
  expect(await problemsIn(folder)).toEqual([
    'ftp-data/users/bobby: link: It is a link.',
    'ftp-data/users/mallory: link: It is a link.',
  ])
  await rename(join(folder, 'etc'), join(outside, 'etc'))
  await symlink(join(outside, 'etc'), join(folder, 'etc'))
  expect(await problemsIn(folder)).toContain('etc: link: A link leads to it.')
})

it('reads no file of 100 MB, no pipe and no folder', async () => {
  const folder = await writeTree(plainTree())
  await writeFile(join(folder, 'ftp-data/users/large'), '')
  await truncate(join(folder, 'ftp-data/users/large'), 100 * 1024 * 1024)
  execFileSync('mkfifo', [join(folder, 'ftp-data/users/pipe')])
  await mkdir(join(folder, 'ftp-data/users/within'))
  expect(await problemsIn(folder)).toEqual([
    'ftp-data/users/large: file-too-large: It has more than 65536 bytes.',
    'ftp-data/users/pipe: not-a-file: It is no plain file.',
    'ftp-data/users/within: not-a-file: It is no plain file.',
  ])
})

it('says what is missing where there is no glFTPd', async () => {
  expect(await problemsIn(await writeTree({ 'readme.txt': '' }))).toEqual([
    'ftp-data/users: missing: There is no such folder.',
    'ftp-data/groups: missing: There is no such folder.',
    'etc: missing: There is no such folder.',
  ])
})
