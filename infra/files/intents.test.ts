import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { DiskTrouble, type SiteIntent } from '#events/site-files.ts'

import { readIntents, sweepIntents, writeIntent } from '#infra/files/intents.ts'

const folder = () => mkdtemp(join(tmpdir(), 'veza-intents-'))
const intent: SiteIntent = { kind: 'delete-file', race: 'r', path: 'a.bin' }

test('an intent that cannot be kept leaves nothing', async () => {
  const staging = await folder()
  await mkdir(join(staging, 'one.intent.json'))
  await expect(writeIntent(staging, 'one', intent, false)).rejects.toThrow(DiskTrouble)
  expect(await readdir(staging)).toEqual(['one.intent.json'])
})

test('an intent is not kept in silence when its folder is gone', async () => {
  const gone = join(await folder(), 'gone')
  await expect(writeIntent(gone, 'one', intent, false)).rejects.toThrow(DiskTrouble)
})

test('what a crash has left half-written is swept, and nothing else', async () => {
  const staging = await folder()
  await writeIntent(staging, 'one', intent, false)
  await writeFile(join(staging, 'two.intent.json.new'), '{"kind":')
  await writeFile(join(staging, 'other.part'), 'x')
  await sweepIntents(staging)
  expect((await readdir(staging)).toSorted()).toEqual(['one.intent.json', 'other.part'])
  expect(await readIntents(staging)).toEqual([{ id: 'one', intent }])
})
