import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Clock } from '#events/clock.ts'
import type { SiteMessages } from '#events/site-messages.ts'

import { createDiskSiteMessages } from '#infra/files/disk-site-messages.ts'

let dataDir: string
let messages: SiteMessages
let now = 0

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'veza-messages-'))
  await mkdir(join(dataDir, 'messages'))
  const clock: Clock = { now: () => now, after: () => () => {} }
  messages = createDiskSiteMessages({ dataDir, clock })
})
afterEach(() => rm(dataDir, { recursive: true }))

const write = (name: string, text: string) => writeFile(join(dataDir, 'messages', name), text)

test('a text is read, and read again when it may have changed', async () => {
  await write('incoming.txt', 'one\n\n')
  expect(await messages.read('incoming')).toBe('one')
  await write('incoming.txt', 'two')
  expect(await messages.read('incoming')).toBe('one')
  now += 5_000
  expect(await messages.read('incoming')).toBe('two')
})

test('what is long is cut', async () => {
  await write('root.txt', 'x'.repeat(100_000))
  expect(await messages.read('root')).toHaveLength(16_384)
})

test.each(['none', 'empty', '../secret', '.hidden', '', 'a\0b', 'folder', 'link'])(
  'there is none: %j',
  async (name) => {
    await writeFile(join(dataDir, 'secret.txt'), 'secret')
    await write('.hidden.txt', 'secret')
    await write('empty.txt', '\n')
    await mkdir(join(dataDir, 'messages', 'folder.txt'))
    await symlink(join(dataDir, 'secret.txt'), join(dataDir, 'messages', 'link.txt'))
    expect(await messages.read(name)).toBeUndefined()
  },
)
