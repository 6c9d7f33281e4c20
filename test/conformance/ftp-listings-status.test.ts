import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { SITE } from '#actors/site/site.commands.ts'
import type { SectionRules } from '#events/section-rules.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'

const hex = (content: string): string => crc32(content).toString(16).padStart(8, '0')

let ftp: FtpFixture
let ana: FtpClient
let bob: FtpClient
let release: string
let count = 0

async function setRules(changes: Partial<SectionRules>): Promise<void> {
  const { host, ids } = ftp.system
  const context = { by: null, connection: null, commandId: ids.next() }
  const command = { type: 'site.change-section', section: 'incoming', changes }
  await host.send({ kind: 'site', id: SITE }, command, context)
}

beforeAll(async () => {
  ftp = await startFtp()
  await ftp.system.addMember({ name: 'ana' })
  await ftp.system.addMember({ name: 'bob' })
  const everything = ['list', 'download', 'upload', 'makedir', 'resume', 'deleteown', 'renameown']
  const rights = everything.map((right) => `${right} /* *`)
  await setRights(ftp.system, [...rights, 'privpath /incoming/*/secret* -ana'].join('\n'))
  bob = await ftp.login('bob')
})
afterAll(() => ftp.stop())
beforeEach(async () => {
  release = `Release-${++count}`
  ana = await ftp.login('ana')
  await ana.say(`MKD /incoming/${release}`, '257')
  await ana.say(`CWD /incoming/${release}`, '250')
  return () => ana.close()
})

/** The marks that a section shows of this test's release, as its members see them. */
const marks = async (client = ana): Promise<string[]> => {
  const names = await client.list('NLST /incoming')
  return names.filter((name) => name.endsWith(`)-${release}`))
}

describe('a section shows what its releases lack', () => {
  test('by its rules, as its clients change it', async () => {
    expect(await marks()).toEqual([])
    await ana.store('a.rar', 'aaa')
    expect(await marks()).toEqual([`(no-sfv)-${release}`])
    await setRules({ wantsNfo: true, wantsSample: true })
    const lacks = ['no-sfv', 'no-nfo', 'no-sample']
    expect(await marks()).toEqual(lacks.map((lack) => `(${lack})-${release}`))
    await ana.store('x.nfo', 'nfo')
    await ana.say('MKD Sample', '257')
    await ana.store('Sample/x.mkv', 'sample')
    await ana.store('x.sfv', `a.rar ${hex('aaa')}\nb.rar ${hex('bbb')}\n`)
    expect(await marks()).toEqual([`(incomplete)-${release}`])
    await setRules({ wantsNfo: false, wantsSample: false })
    await ana.store('b.rar', 'bbb')
    expect(await marks()).toEqual([])
    expect(await marks(bob)).toEqual([])
    await ana.say('DELE b.rar', '250')
    expect(await marks()).toEqual([`(incomplete)-${release}`])
    await ana.say('CWD ..', '250')
    await ana.say(`RNFR ${release}`, '350')
    await ana.say('RNTO Other-Name', '250')
    const names = await ana.list('NLST')
    expect(names.filter((name) => name.includes('Other-Name'))).toEqual([
      '(incomplete)-Other-Name',
      'Other-Name',
    ])
    expect(names.filter((name) => name.includes(release))).toEqual([])
  })

  test('a link leads to its release', async () => {
    await ana.store('x.sfv', `a.rar ${hex('aaa')}\n`)
    await ana.say(`CWD /incoming/(incomplete)-${release}`, '250')
    expect(await ana.say('PWD')).toContain(`"/incoming/${release}"`)
    const rows = await ana.list(`NLST /incoming/(incomplete)-${release}`)
    expect(rows).toContain('a.rar-missing')
    await ana.say('CWD /incoming/(incomplete)-Nothing', '550')
    expect(await ana.say(`MLST /incoming/(incomplete)-${release}`)).toContain(
      `OS.unix=slink:${release}`,
    )
  })

  test('nobody makes such names', async () => {
    for (const name of ['(no-nfo)-x', '(no-sfv)-x', '(no-sample)-x', '.message']) {
      await ana.say(`MKD /incoming/${name}`, '550')
      expect(await ana.store(name, 'x')).toMatch(/^550 .*is a status entry/)
    }
  })
})

describe('the race in words', () => {
  test('is said on entering, listed for who asks for all, and fetched for nothing', async () => {
    expect(await ana.say('CWD .', '250')).toBe(`250 You are in /incoming/${release}.`)
    await ana.store('x.sfv', `a.rar ${hex('aaa')}\nb.rar ${hex('bbb')}\n`)
    await ana.store('a.rar', 'aaa')
    const greeting = await ana.say('CWD .', '250-')
    expect(greeting).toContain('250-[veza] 50% complete, 1 of 2: 2 files')
    expect(greeting).toMatch(/\n 1 {2}ana +GRP +1 +3B/)
    const { content, reply } = await ana.retrieve('RETR .message')
    expect(reply).toBe(`226 ${content.length} bytes sent.`)
    expect(content.toString().split('\r\n')[0]).toBe('[veza] 50% complete, 1 of 2: 2 files, 33B')
    await ana.say('SIZE .message', `213 ${content.length}`)
    await ana.say('REST 7', '350')
    expect((await ana.retrieve('RETR .message')).content).toEqual(content.subarray(7))
    expect(await ana.list('NLST')).not.toContain('.message')
    expect(await ana.list('NLST -a')).toContain('.message')
    expect(await ana.list('MLSD')).not.toContainEqual(expect.stringContaining('.message'))
    expect(await ana.say('STAT -la')).toContain(' .message\n')
    await ana.say('DELE .message', '550')
    await ana.say('RNFR .message', '550')
    expect(await readdir(ftp.sitePath('incoming', release))).toEqual(['a.rar', 'x.sfv'])
  })

  test('the operator greets members in a section and at the top', async () => {
    await mkdir(join(ftp.dataDir, 'messages'))
    await writeFile(join(ftp.dataDir, 'messages', 'root.txt'), 'Hello %u_name of %site!\r\n100%\n')
    expect(await ana.say('CWD /', '250')).toBe('250-Hello ana of veza!\n 100%\n250 You are in /.')
    expect(await ana.list('NLST -a /')).toEqual(['.message', 'incoming'])
    const { content } = await ana.retrieve('RETR /.message')
    expect(content.toString()).toBe('Hello  of veza!\r\n100%\r\n')
  })
})

describe('what is hidden', () => {
  test('by the section is listed to nobody, and is there', async () => {
    await setRules({ hiddenFiles: ['*.hid'] })
    await ana.store('x.sfv', `a.hid ${hex('aaa')}\nb.hid ${hex('bbb')}\n`)
    await ana.store('a.hid', 'aaa')
    expect(await ana.list('NLST')).toEqual(['[#####:::::] -  50% Complete - [veza]', 'x.sfv'])
    await ana.say('SIZE a.hid', '213 3')
    await ana.say('MLST b.hid-missing', '550')
    await setRules({ hiddenFiles: [] })
    expect(await ana.list('NLST')).toContain('b.hid-missing')
  })

  test('from one member shows to the others alone, in every form of listing', async () => {
    await ana.store('secret.rar', 'x')
    await ana.store('open.rar', 'x')
    await ana.say('MKD secrets', '257')
    await ana.store('secrets/deep.rar', 'x')
    const folder = `/incoming/${release}/`
    const forms = ['LIST ', 'LIST -R ', 'LIST -t ', 'LIST -a ', 'NLST ', 'MLSD ']
    const paths = [...forms.map((form) => form + folder), `LIST ${folder}*`, `NLST ${folder}*.rar`]
    for (const path of paths) {
      expect((await ana.list(path)).join()).toContain('secret')
      expect((await bob.list(path)).join()).toContain('open.rar')
      expect((await bob.list(path)).join()).not.toMatch(/secret|deep/)
    }
    expect(await bob.list(`LIST /incoming/${release}/secrets`)).toEqual([])
    expect(await bob.list(`NLST /incoming/${release}/sec*`)).toEqual([])
  })
})

describe('options as of ls', () => {
  test('sort, recurse, fit a pattern, or show the directory itself', async () => {
    await ana.store('b.bin', 'four')
    await ana.store('a.bin', 'ab')
    await ana.say('MKD CD1', '257')
    await ana.store('CD1/c.rar', 'c')
    expect(await ana.list('NLST -S')).toEqual(['b.bin', 'a.bin', 'CD1'])
    expect(await ana.list('NLST -r')).toEqual(['b.bin', 'a.bin', 'CD1'])
    expect(await ana.list('NLST -R')).toEqual(['.:', 'CD1', 'a.bin', 'b.bin', './CD1:', 'c.rar'])
    expect(await ana.list('NLST *.bin')).toEqual(['a.bin', 'b.bin'])
    expect(await ana.list('NLST CD1/?.rar')).toEqual(['CD1/c.rar'])
    expect(await ana.list('NLST *.none')).toEqual([])
    expect(await ana.list('LIST -d')).toEqual([expect.stringMatching(/^drwx.* \.$/)])
    const status = await ana.say('STAT -l *.bin', '212')
    expect(status.split('\n').map((row) => row.split(' ').at(-1))).toEqual([
      '*.bin:',
      'a.bin',
      'b.bin',
      'status.',
    ])
  })
})
