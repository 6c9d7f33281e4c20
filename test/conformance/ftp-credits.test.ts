import { afterEach, describe, expect, test } from 'vitest'

import {
  BIG_BYTES,
  breakOff,
  type PaidSite,
  RELEASE,
  startPaidSite,
  WAYS_TO_BREAK,
} from '#test/conformance/ftp-credits.fixture.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { DEFAULT_RIGHTS_TEXT } from '#actors/policy/default-rights.ts'

let site: PaidSite
afterEach(() => site.stop())

const FILE = `${RELEASE}/a.bin`
const retrieve = async (member: string, path = FILE) => {
  const client = await site.ftp.login(member)
  const { content, reply } = await client.retrieve(`RETR ${path}`)
  await client.close()
  return { bytes: content.length, reply }
}

describe('a download', () => {
  test('costs its size; what has just been uploaded counts already', async () => {
    site = await startPaidSite()
    expect(await site.ana.store(FILE, Buffer.alloc(1_000))).toMatch(/^226/)
    const { content, reply } = await site.ana.retrieve(`RETR ${FILE}`)
    expect([content.length, reply.slice(0, 3)]).toEqual([1_000, '226'])
    expect(await site.balances('ana')).toEqual({ default: 2_000 })
    const [debit] = await site.facts('ledger.debited')
    expect(debit!.data.cause).toMatchObject({ kind: 'download', file: 'a.bin' })
  })

  test('is refused without the credits, with what is needed and what is there', async () => {
    site = await startPaidSite()
    await site.ana.store(FILE, Buffer.alloc(1_000))
    await site.give('bob', 999)
    const { bytes, reply } = await retrieve('bob')
    expect(bytes).toBe(0)
    expect(reply).toMatch(/^550 Not enough credits: you need 1000 bytes in default and have 999\./)
    expect(await site.balances('bob')).toEqual({ default: 999 })
    expect(await site.system.registry.metrics()).toContain(
      'veza_site_refused_transfers_total{direction="download",reason="insufficient-credits"} 1',
    )
    await site.give('bob', 1)
    expect((await retrieve('bob')).reply).toMatch(/^226/)
    expect(await site.balances('bob')).toEqual({ default: 0 })
  })

  test('costs what its section says, rounded up once; from an offset on, the rest', async () => {
    site = await startPaidSite('incoming=0.35')
    await site.ana.store(FILE, Buffer.alloc(1_001))
    await site.give('bob', 1_000)
    expect((await retrieve('bob')).reply).toMatch(/^226/)
    expect(await site.balances('bob')).toEqual({ default: 1_000 - 351 })
    const client = await site.ftp.login('bob')
    await client.say('REST 1000', '350')
    expect((await client.retrieve(`RETR ${FILE}`)).reply).toMatch(/^226/)
    expect(await site.balances('bob')).toEqual({ default: 1_000 - 352 })
    await client.say('REST 1002', '350')
    expect((await client.retrieve(`RETR ${FILE}`)).reply).toBe('554 The file has 1001 bytes.')
    await client.close()
  })

  test('of a range costs the range', async () => {
    site = await startPaidSite()
    await site.ana.store(FILE, Buffer.from('0123456789'))
    await site.give('bob', 5)
    const client = await site.ftp.login('bob')
    await client.say('RANG 3 6', '350')
    const { content } = await client.retrieve(`RETR ${FILE}`)
    expect(content.toString()).toBe('3456')
    expect(await site.balances('bob')).toEqual({ default: 1 })
    await client.close()
  })

  test('is paid from the balance of its own section where there is one', async () => {
    site = await startPaidSite()
    await site.ana.store(FILE, Buffer.alloc(100))
    await site.give('bob', 1_000)
    await site.give('bob', 150, 'incoming')
    await retrieve('bob')
    expect(await site.balances('bob')).toEqual({ default: 1_000, incoming: 50 })
    expect((await retrieve('bob')).reply).toMatch(/^550 .* 100 bytes in incoming and have 50\./)
  })

  test('is free to leeches, and where the rights say so', async () => {
    site = await startPaidSite()
    await site.ana.store(FILE, Buffer.alloc(100))
    await setRights(site.system, `${DEFAULT_RIGHTS_TEXT}\nfreefile ${RELEASE}/*.nfo *`)
    await site.ana.store(`${RELEASE}/a.nfo`, 'about')
    expect((await retrieve('bob', `${RELEASE}/a.nfo`)).reply).toMatch(/^226/)
    expect((await retrieve('bob')).reply).toMatch(/^550/)
    await site.setRatio('bob', 0)
    expect((await retrieve('bob')).reply).toMatch(/^226/)
    expect(await site.facts('ledger.debited')).toEqual([])
  })

  test('and another at the same time do not spend the same credits', async () => {
    site = await startPaidSite()
    await site.ana.store(FILE, Buffer.alloc(1_000))
    await site.give('bob', 1_500)
    const replies = await Promise.all(Array.from({ length: 4 }, () => retrieve('bob')))
    expect(replies.map(({ bytes }) => bytes).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 1_000])
    expect(await site.balances('bob')).toEqual({ default: 500 })
  })

  test('that never gets a data connection costs nothing', async () => {
    site = await startPaidSite()
    await site.ana.store(FILE, Buffer.alloc(1_000))
    await site.give('bob', 1_000)
    const client = await site.ftp.login('bob')
    await client.say('EPSV', '229')
    await client.say(`RETR ${FILE}`, '150')
    await client.say('ABOR', '425')
    await client.close()
    expect(await site.balances('bob')).toEqual({ default: 1_000 })
  })

  test.each(WAYS_TO_BREAK)('that is broken off costs what was sent: %s', async (way) => {
    site = await startPaidSite('default=0.7')
    await site.ana.store(FILE, Buffer.alloc(BIG_BYTES))
    await site.give('bob', BIG_BYTES)
    const client = await site.ftp.login('bob')
    await breakOff(client, FILE, way)
    await site.recorded(1)
    await client.close()
    const [sent] = await site.facts('connection.file-sent')
    expect(sent!.data.isWhole).toBe(false)
    expect(sent!.data.sizeBytes).toBeLessThan(BIG_BYTES)
    const cost = Math.ceil(sent!.data.sizeBytes * 0.7)
    expect(await site.balances('bob')).toEqual({ default: BIG_BYTES - cost })
    expect(await site.facts('ledger.reversed')).toHaveLength(1)
  })
})
