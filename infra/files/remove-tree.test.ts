import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { removeTree } from '#infra/files/remove-tree.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veza-remove-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('what others remove at the same moment keeps nobody from removing the rest', async () => {
  const tree = join(folder, 'tree')
  for (let directory = 0; directory < 20; directory++) {
    const path = join(tree, String(directory), 'below')
    await mkdir(path, { recursive: true })
    for (const name of ['a', 'b', 'c']) await writeFile(join(path, name), 'x')
  }
  await Promise.all([1, 2, 3, 4].map(() => removeTree(tree)))
  expect(existsSync(tree)).toBe(false)
  await removeTree(tree)
  expect(existsSync(folder)).toBe(true)
})
