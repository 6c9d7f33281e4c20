import { describe, expect, it } from 'vitest'

import { NO_LIMITS } from '#actors/account/account.commands.ts'
import { ImportProblems } from '#gateways/members/import-glftpd/source-lines.ts'
import { readUserFile } from '#gateways/members/import-glftpd/user-file.ts'

const NEEDED = 'FLAGS 3\nRATIO 3\nCREDITS 0\n'
const SECTIONS = ['default', 'MP3']

function read(content: string | Buffer) {
  const problems = new ImportProblems()
  const bytes = Buffer.from(content)
  const source = { file: 'ftp-data/users/bob', name: 'bob', bytes }
  const user = readUserFile(source, SECTIONS, problems)
  return { user, problems: problems.shown.map(({ line, code }) => `${line}: ${code}`) }
}

describe("a user's file", () => {
  it('as glFTPd writes it', () => {
    const { user, problems } = read(
      [
        'USER Added by glftpd',
        'GENERAL 1,2048 15 512 256',
        'LOGINS 2 1 3 -1',
        'TIMEFRAME 8 18',
        'FLAGS 1A3',
        'TAGLINE No Tagline Set',
        'HOMEDIR /site',
        'DIR /incoming/',
        'ADDED 1712306777 ann',
        'EXPIRES 1900000000',
        'CREDITS 15000 -20 ',
        'RATIO 3 0 ',
        'ALLUP 962989 106564602869 283909879 0 0 0 ',
        'NUKE 1777936801 1069 2480594',
        'TIME 1602990 1778010002 0 235935',
        'GROUP iND 1',
        'GROUP Friends 0',
        'PRIVATE STAFF',
        'IP *@192.0.2.*',
        'IP !bob@198.51.100.0/24',
        '',
      ].join('\r\n'),
    )
    expect(problems).toEqual([])
    expect(user).toEqual({
      comment: 'Added by glftpd',
      flags: '1A3',
      tagline: 'No Tagline Set',
      startDirectory: '/incoming/',
      limits: {
        loginsMax: 2,
        loginsPerAddressMax: 1,
        downloadsMax: 3,
        uploadsMax: null,
        downloadBytesPerSecondMax: 512 * 1024,
        uploadBytesPerSecondMax: 256 * 1024,
        idleTimeoutMs: 15 * 60_000,
        loginHours: { fromHour: 8, toHour: 18 },
      },
      expiresAtMs: 1_900_000_000_000,
      added: { atMs: 1_712_306_777_000, by: 'ann' },
      groups: [
        { name: 'iND', isAdmin: true, isPrivate: false, line: 16 },
        { name: 'Friends', isAdmin: false, isPrivate: false, line: 17 },
        { name: 'STAFF', isAdmin: false, isPrivate: true, line: 18 },
      ],
      masks: ['*@192.0.2.*', '!bob@198.51.100.0/24'],
      credits: [
        { section: 'default', value: 15_000 * 1024 },
        { section: 'MP3', value: -20 * 1024 },
      ],
      ratios: [
        { section: 'default', value: 3 },
        { section: 'MP3', value: 0 },
      ],
      allotment: { section: 'MP3', value: 2048 * 1024 },
    })
  })

  it('of the defaults, whose limits are none', () => {
    const { user, problems } = read(
      `# a remark\nGENERAL 0,0 -1 0 0\nLOGINS -1 0 -1 -1\nTIMEFRAME 0 0\nEXPIRES 0\nDIR /\n${NEEDED}`,
    )
    expect(problems).toEqual([])
    expect(user).toMatchObject({ limits: NO_LIMITS, expiresAtMs: null, startDirectory: '' })
    expect(user).toMatchObject({ credits: [], allotment: null, groups: [] })
  })

  it('in Latin-1, as old clients sent it', () => {
    const line = Buffer.from('TAGLINE Tsch\xfcss, na\xefve\n', 'latin1')
    const { user, problems } = read(Buffer.concat([line, Buffer.from(NEEDED)]))
    expect(problems).toEqual([])
    expect(user.tagline).toBe('Tschüss, naïve')
  })

  it.each<[string, string, string]>([
    ['a flag that nobody knows', 'FLAGS 3Z', '1: flag-unknown'],
    ['flags in lower case', 'FLAGS 3a', '1: flag-unknown'],
    ['a line that nobody knows', 'SHELL /bin/sh', '1: line-unknown'],
    ['a line named as what every object has', 'constructor 1', '1: line-unknown'],
    ['a line twice', 'TAGLINE a\nTAGLINE b', '2: line-repeated'],
    ['a number beyond all numbers', `CREDITS 9${'9'.repeat(30)}`, '1: not-a-number'],
    ['more credits than can be kept', 'CREDITS 1099511627777', '1: not-a-number'],
    ['credits in hex', 'CREDITS 0x10', '1: not-a-number'],
    ['a fraction', 'RATIO 1.5', '1: not-a-number'],
    ['a ratio below 0', 'RATIO -1', '1: not-a-number'],
    ['an hour that no day has', 'TIMEFRAME 8 25', '1: not-a-number'],
    ['an expiry that no calendar has', 'EXPIRES 99999999999999', '1: not-a-number'],
    ['logins below none', 'LOGINS -2', '1: not-a-number'],
    ['an admin mark that is none', 'GROUP iND 2', '1: not-a-number'],
    ['too few values', 'GENERAL 0,0 1', '1: malformed-line'],
    ['too many values', 'TIMEFRAME 1 2 3', '1: malformed-line'],
    ['no value', 'EXPIRES', '1: malformed-line'],
    ['credits in a section without a name', 'CREDITS 0 0 7', '1: section-unnamed'],
    ['a group whose name is a path', 'GROUP ../../etc', '1: name-unfit'],
    ['a group twice', 'GROUP iND\nGROUP ind', '2: duplicate-group'],
    ['a start directory out of the site', 'DIR /../../etc', '1: path-unfit'],
    ['a start directory by another way', 'DIR incoming', '1: path-unfit'],
    ['a mask without an address', 'IP bob', '1: mask-unfit'],
    ['a mask of a host name', 'IP *@*.example.org', '1: mask-unfit'],
    ['a mask of a network that is none', 'IP *@192.0.2.0/99', '1: mask-unfit'],
    ['a mask twice', 'IP *@1.2.3.4\nIP *@1.2.3.4', '2: duplicate-mask'],
    ['a NUL', 'TAGLINE a\0b', '1: control-character'],
    ['a colour for the terminal', 'TAGLINE \u001b[31mred', '1: control-character'],
    ['text that runs backwards', 'TAGLINE \u202egnp.exe', '1: control-character'],
    ['a long line', `TAGLINE ${'x'.repeat(5_000)}`, '1: line-too-long'],
    ['a long tagline', `TAGLINE ${'x'.repeat(121)}`, '1: too-long'],
    ['statistics that are words', 'ALLUP many 1 2', '1: not-a-number'],
  ])('refuses %s, with its line', (_, content, problem) => {
    const begun = content.split(/[ \n]/)[0]!
    const needed = NEEDED.split('\n').filter((line) => !line.startsWith(`${begun} `))
    expect(read(`${content}\n${needed.join('\n')}`).problems).toEqual([problem])
  })

  it('refuses more groups and masks than an account takes', () => {
    const groups = Array.from({ length: 21 }, (_, n) => `GROUP g${n} 0`)
    const masks = Array.from({ length: 51 }, (_, n) => `IP *@192.0.2.${n}`)
    const { problems } = read([...groups, ...masks, NEEDED].join('\n'))
    expect(problems).toEqual(['21: too-many', '72: too-many'])
  })

  it('refuses a file without what each user has', () => {
    expect(read('USER nobody\n').problems).toEqual(Array(3).fill('null: line-missing'))
  })

  it('shows 100 problems and counts the rest', () => {
    const problems = new ImportProblems()
    const bytes = Buffer.from('SHELL x\n'.repeat(150) + NEEDED)
    readUserFile({ file: 'f', name: 'f', bytes }, SECTIONS, problems)
    expect([problems.shown.length, problems.count]).toEqual([100, 150])
  })
})
