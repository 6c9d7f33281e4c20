import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createStagedFile, reopenStagedFile } from '#infra/files/staged-file.ts'

const options = { durability: 'none', syncDirectory: async () => {} } as const
const fresh = async () => join(await mkdtemp(join(tmpdir(), 'veza-staged-')), 'a.part')
const content = Buffer.from(Array.from({ length: 5_000_000 }, (_, n) => (n * 13) % 251))

test.each([1_009, 16_384, 700_000, 5_000_000])('chunks of %i bytes make one file', async (size) => {
  const path = await fresh()
  const staged = await createStagedFile(path, options)
  for (let at = 0; at < content.length; at += size) {
    await staged.write(content.subarray(at, at + size))
  }
  await staged.finish()
  await staged.close()
  expect((await readFile(path)).equals(content)).toBe(true)
})

test('who does not wait loses nothing', async () => {
  const path = await fresh()
  const staged = await createStagedFile(path, options)
  const answers: Promise<void>[] = []
  for (let at = 0; at < content.length; at += 100_000) {
    const answer = staged.write(content.subarray(at, at + 100_000))
    if (answer) answers.push(answer)
  }
  expect(answers.length).toBeGreaterThan(0)
  await Promise.all(answers)
  // Without `finish`: what was gathered belongs to the part that can be resumed.
  await staged.close()
  expect((await readFile(path)).equals(content)).toBe(true)
})

test('what is resumed begins where it was told to', async () => {
  const path = await fresh()
  await writeFile(path, 'abcdef')
  const staged = await reopenStagedFile(path, 3, options)
  await staged.write(Buffer.from('DEFGH'))
  await staged.finish()
  await staged.close()
  expect(await readFile(path, 'utf8')).toBe('abcDEFGH')
})

test('a disk that is full is met by whoever waits, and by all that comes after', async () => {
  const staged = await reopenStagedFile('/dev/full', 0, options)
  const answers = Array.from({ length: 8 }, async () => await staged.write(Buffer.alloc(600_000)))
  await expect(answers.at(-1)).rejects.toMatchObject({ problem: 'full' })
  await Promise.allSettled(answers)
  await expect(staged.write(Buffer.alloc(1))).rejects.toMatchObject({ problem: 'full' })
  await expect(staged.finish()).rejects.toMatchObject({ problem: 'full' })
  await staged.close()
})
