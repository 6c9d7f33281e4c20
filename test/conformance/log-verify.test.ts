import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { SettingsError } from '#infra/config/load-settings.ts'
import { chainStart, digest, nextHash, seal, unseal } from '#infra/lmdb/sealed-record.ts'
import { logId } from '#infra/lmdb/tables.ts'

import { fill, tamper, withLog } from '#test/conformance/log-files.ts'
import { filledTools, GIVEN, json } from '#test/conformance/log-tools-fixture.ts'

describe('log verify', () => {
  it('signs a checkpoint, and proves later that history was kept', async () => {
    const { verifyLog, makeLogKeys, folder, said, outcome } = await filledTools()
    const file = (name: string) => join(folder.path, name)
    expect(await makeLogKeys(file('key'), json)).toBe(0)
    expect((await stat(file('key'))).mode & 0o777).toBe(0o600)
    const signing = { sign: file('key'), out: file('checkpoint') }
    expect(await verifyLog(GIVEN, { json: false, ...signing })).toBe(0)
    expect(said.slice(1)).toEqual([
      'whole up to position 100: 100 records',
      expect.stringMatching(/^hash [\w-]{43}$/),
    ])
    await withLog(folder.log, (log) => fill(log, 10))
    const checking = { json: true, check: file('checkpoint'), key: file('key.pub') }
    expect(await verifyLog(GIVEN, checking)).toBe(0)
    expect(outcome()).toMatchObject({ whole: true, position: 110, kept_since: expect.any(String) })
  })

  it('tells a history that was rewritten with every checksum and link made right', async () => {
    const { verifyLog, makeLogKeys, folder, outcome, complaints } = await filledTools()
    const file = (name: string) => join(folder.path, name)
    await makeLogKeys(file('key'), json)
    await verifyLog(GIVEN, { json: true, sign: file('key'), out: file('checkpoint') })
    await rewriteHistory(folder.log)
    expect(await verifyLog(GIVEN, json)).toBe(0)
    const checking = { check: file('checkpoint'), key: file('key.pub') }
    expect(await verifyLog(GIVEN, { json: true, ...checking })).toBe(3)
    expect(outcome()).toMatchObject({ whole: false, reason: expect.stringMatching(/rewritten/) })
    expect(await verifyLog(GIVEN, { json: false, ...checking })).toBe(3)
    expect(complaints.at(-1)).toMatch(/the hash at position 100 is not that of/)
  })

  it('tells another key, another log, and a log that has lost its end', async () => {
    const { verifyLog, makeLogKeys, folder, complaints } = await filledTools()
    const file = (name: string) => join(folder.path, name)
    await makeLogKeys(file('key'), json)
    await makeLogKeys(file('other'), json)
    const signed = { sign: file('key'), out: file('checkpoint') }
    await verifyLog(GIVEN, { json: true, ...signed })
    const check = file('checkpoint')
    const proves = (key: string) => verifyLog(GIVEN, { json: false, check, key: file(key) })
    expect(await proves('other.pub')).toBe(3)
    expect(complaints.at(-1)).toMatch(/not signed with that key/)
    const [, ...rest] = Array.from({ length: 60 }, (_, n) => n + 41)
    await tamper(folder.log, ({ blocks }) => {
      for (const position of [41, ...rest]) void blocks.remove(position)
    })
    expect(await proves('key.pub')).toBe(3)
    const another = await filledTools()
    const options = { json: false, check, key: file('key.pub') }
    expect(await another.verifyLog(GIVEN, options)).toBe(3)
    expect(another.complaints.at(-1)).toMatch(/is of another log/)
  })

  it('says where a log is damaged, and how; what is before it can be saved', async () => {
    const { verifyLog, exportLog, folder, outcome, output, complaints } = await filledTools()
    await tamper(folder.log, ({ blocks }) => {
      const [{ key, value }] = Array.from(blocks.getRange({ start: 50, limit: 1 })) as [
        { key: number; value: string },
      ]
      void blocks.put(key, value.replace('message', 'massage'))
    })
    expect(await verifyLog(GIVEN, json)).toBe(3)
    const { whole, damage } = outcome() as {
      whole: boolean
      damage: { kind: string; position: number }
    }
    expect(whole).toBe(false)
    expect(damage.kind).toBe('checksum')
    expect(damage.position).toBeGreaterThan(40)
    expect(await exportLog(GIVEN, { out: join(folder.path, 'all') })).toBe(3)
    expect(complaints.at(-1)).toMatch(`damaged at position ${damage.position}`)
    expect(await exportLog(GIVEN, { to: damage.position - 1 })).toBe(0)
    expect(output().split('\n')).toHaveLength(damage.position + 2)
  })

  it('refuses what does not belong together, and keys that are there', async () => {
    const { verifyLog, makeLogKeys, folder } = await filledTools()
    await expect(verifyLog(GIVEN, { json: true, sign: 'key' })).rejects.toThrow(SettingsError)
    await expect(verifyLog(GIVEN, { json: true, check: 'x' })).rejects.toThrow(SettingsError)
    const key = join(folder.path, 'key')
    await makeLogKeys(key, json)
    await expect(makeLogKeys(key, json)).rejects.toThrow(/key is there already/)
    const signing = { json: true, sign: key, out: `${key}.pub` }
    await expect(verifyLog(GIVEN, signing)).rejects.toThrow(/pub is there already/)
  })

  it('walks beside a log that is being written', async () => {
    const { verifyLog, folder, outcome } = await filledTools()
    await withLog(folder.log, async (log) => {
      const writing = fill(log, 3_000, 50)
      expect(await verifyLog(GIVEN, json)).toBe(0)
      await writing
      expect(await verifyLog(GIVEN, json)).toBe(0)
    })
    expect(outcome()).toMatchObject({ position: 3_100 })
  })
})

/** Somebody who can write the file changes a fact and makes everything after it fit. */
async function rewriteHistory(path: string): Promise<void> {
  await tamper(path, (tables) => {
    let end = chainStart(logId(tables))
    for (const { key, value } of Array.from(tables.blocks.getRange())) {
      const records = value.split('\n').map((sealed, index) => {
        const position = key + index
        const body = unseal(position, sealed).body!.replace('message 7 ', 'massage 7 ')
        end = { position, hash: nextHash(end.hash, position, digest(body)) }
        return seal(position, end.hash, body)
      })
      void tables.blocks.put(key, records.join('\n'))
    }
  })
}
