import { describe, expect, test } from 'vitest'

import { connectionsProjection } from '#projections/connections/connections.projection.ts'
import { connections, runningUploads } from '#projections/connections/connections.tables.ts'
import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'

const opened = { gateway: 'ftp', node: 'n' } as const
const proof = { method: 'password', remote: 'sealed' }
const closed = { reason: 'quit', receivedBytes: 0, sentBytes: 0, durationMs: 1 }

describe('connections', () => {
  test('who is on, from the opening to the closing', () => {
    const given = new GivenFacts()
      .add('connection-1', 'connection.opened', opened, { at: 7 })
      .add('connection-2', 'connection.opened', opened)
      .add('connection-1', 'connection.secured', { protocol: 'TLSv1.3', cipher: 'c' })
      .add('connection-1', 'connection.authenticated', { account: 'ann', group: 'G', ...proof })
      .add('connection-2', 'connection.closed', closed)
      // Facts that come after the end change nothing.
      .add('connection-2', 'connection.secured', { protocol: 'TLSv1.3', cipher: 'c' })
    const who = { secured: true, member: 'ann', group: 'G', ...proof, opened_at: 7 }
    expect(rowsAfter(connectionsProjection, given.facts).of(connections)).toEqual([
      { connection: '1', ...opened, ...who },
    ])
  })

  test('an upload runs until it ends, whoever ends it', () => {
    const upload = (uploadId: string) => ({ file: 'a', uploadId, group: 'G', offsetBytes: 0 })
    const aborted = { file: 'a', uploadId: 'u1', receivedBytes: 0, reason: 'replaced' }
    const given = new GivenFacts()
      .add('race-1', 'race.upload-started', upload('u1'), { connection: '1' })
      .add('race-1', 'race.upload-aborted', aborted, { connection: '2' })
      .add('race-1', 'race.upload-started', upload('u2'), { connection: '2' })
    expect(rowsAfter(connectionsProjection, given.facts).of(runningUploads)).toEqual([
      { upload_id: 'u2', race_id: '1', file: 'a', connection: '2', position: 3 },
    ])
  })
})
