import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { DataFolderInUse, startControlServer } from '#gateways/control/server.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import { createLmdbHostStore } from '#infra/lmdb/lmdb-host-store.ts'

import { fill, recordsOf, withLog } from '#test/conformance/log-files.ts'
import { filledTools, GIVEN, json, tools } from '#test/conformance/log-tools-fixture.ts'

describe('log export and import', () => {
  it('moves a log through a file and a pipe', async () => {
    const from = await filledTools()
    const file = join(from.folder.path, 'export')
    expect(await from.exportLog(GIVEN, { out: file })).toBe(0)
    expect(await from.exportLog(GIVEN, {})).toBe(0)
    expect(from.output()).toBe(await readFile(file, 'utf8'))
    await expect(from.exportLog(GIVEN, { out: file })).rejects.toThrow(/is there already/)

    const to = await tools(from.output())
    expect(await to.importLog(GIVEN, '-', json)).toBe(0)
    expect(to.outcome()).toEqual({ records: 100, head_before: 0, head: 100 })
    expect(await to.importLog(GIVEN, file, json)).toBe(0)
    expect(to.outcome()).toEqual({ records: 100, head_before: 100, head: 100 })
    expect(await recordsOf(to.folder.log)).toEqual(await recordsOf(from.folder.log))
    expect(await to.verifyLog(GIVEN, json)).toBe(0)
  })

  it('says which line is bad, and imports nothing', async () => {
    const from = await filledTools()
    await from.exportLog(GIVEN, {})
    const to = await tools(from.output().slice(0, -200))
    expect(await to.importLog(GIVEN, '-', json)).toBe(1)
    expect(to.complaints.at(-1)).toMatch(/^line 10\d: /)
    expect(await recordsOf(to.folder.log)).toEqual([])
    await expect(to.importLog(GIVEN, undefined, json)).rejects.toThrow(SettingsError)
  })
})

describe('log backup and restore', () => {
  it('copies a log while it is written, and puts it back', async () => {
    const { backupLog, restoreLog, folder, outcome, complaints } = await filledTools()
    const backup = join(folder.path, 'backup')
    const head = await withLog(folder.log, async (log) => {
      const writing = fill(log, 2_000, 40)
      expect(await backupLog(GIVEN, backup, json)).toBe(0)
      await writing
      return log.head()
    })
    const { position } = outcome() as { position: number }
    expect(position).toBeGreaterThanOrEqual(100)
    expect(position).toBeLessThanOrEqual(head)
    const whole = await recordsOf(folder.log)
    expect(await backupLog(GIVEN, backup, json)).toBe(1)
    expect(complaints.at(-1)).toMatch(/is not empty/)

    await expect(restoreLog(GIVEN, backup, { ...json, force: false })).rejects.toThrow(/--force/)
    expect(await restoreLog(GIVEN, backup, { ...json, force: true })).toBe(0)
    expect(await recordsOf(folder.log)).toEqual(whole.slice(0, position))
  })

  it('restores into an empty folder, and never a damaged backup', async () => {
    const from = await filledTools()
    const backup = join(from.folder.path, 'backup')
    await from.backupLog(GIVEN, backup, json)
    const to = await tools()
    expect(await to.restoreLog(GIVEN, backup, { ...json, force: false })).toBe(0)
    expect(await recordsOf(to.folder.log)).toEqual(await recordsOf(from.folder.log))
    const file = join(backup, 'data.mdb')
    const bytes = await readFile(file)
    await writeFile(file, bytes.subarray(0, bytes.length / 2))
    expect(await to.restoreLog(GIVEN, backup, { ...json, force: true })).toBe(3)
    expect(await to.verifyLog(GIVEN, json)).toBe(0)
  })

  it('takes away what the host knows of a later log', async () => {
    const { backupLog, restoreLog, folder } = await filledTools()
    const backup = join(folder.path, 'backup')
    await backupLog(GIVEN, backup, json)
    const snapshot = {
      schema: 1,
      version: 40,
      position: 100,
      value: 'x',
      context: {},
      commands: [],
    }
    const store = createLmdbHostStore(folder.host)
    await store.saveSnapshot('room-1', snapshot)
    await store.saveDeadlines(new Map([['room-1', 5]]), 900)
    await store.saveCheckpoint('announcer', 900)
    await store.saveCheckpoint('prober', 60)
    await store.close()
    await restoreLog(GIVEN, backup, { ...json, force: true })
    const after = createLmdbHostStore(folder.host)
    onTestFinished(() => after.close())
    expect(await after.loadSnapshot('room-1')).toBeUndefined()
    expect(await after.loadDeadlines()).toEqual(new Map())
    expect(await after.loadCheckpoint('deadlines')).toBe(0)
    expect(await after.loadCheckpoint('announcer')).toBe(100)
    expect(await after.loadCheckpoint('prober')).toBe(60)
  })

  it('and compact leave alone what a server holds', async () => {
    const { restoreLog, compactLog, importLog, folder } = await filledTools()
    const control = await startControlServer(folder.controlSocket, async () => null)
    onTestFinished(() => control.stop())
    for (const refused of [
      restoreLog(GIVEN, folder.path, { ...json, force: true }),
      compactLog(GIVEN, json),
      importLog(GIVEN, '-', json),
    ]) {
      await expect(refused).rejects.toThrow(DataFolderInUse)
    }
  })
})
