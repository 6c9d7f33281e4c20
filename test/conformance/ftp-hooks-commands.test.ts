import { afterEach, describe, expect, test } from 'vitest'

import { type Hooked, type HookedSite, startHooked } from '#test/conformance/ftp-hooks.fixture.ts'
import type { AccountCommand } from '#actors/account/account.commands.ts'
import { loginByToken, setRights } from '#test/conformance/ftp-rights.fixture.ts'

let site: Hooked
afterEach(() => site.stop())

const start = async (given: HookedSite) => (site = await startHooked(given))

const cscript = (command: string, when: string, path = 'script') =>
  `[[cscript]]\ncommand = "${command}"\nwhen = "${when}"\npath = "${path}"\n`

describe('cscript', () => {
  test('a pre with an exit above 0 cancels the command, and its output is shown', async () => {
    const { ana } = await start({
      toml: cscript('MKD', 'pre') + cscript('SITE VERS', 'pre'),
      scripts: { script: 'echo "$# $1 | $2 | $3"; echo no; exit 1' },
    })
    for (const verb of ['MKD', 'XMKD', 'mkd']) {
      expect(await ana.say(`${verb} /incoming/N`)).toBe(
        '550-3 MKD /incoming/N | ana | CREW\n550 no',
      )
    }
    expect(await ana.say('site vers')).toBe('550-3 SITE VERS | ana | CREW\n550 no')
    expect(await ana.say('SITE TIME')).toMatch(/^200 /)
    expect(await ana.list('NLST /incoming')).not.toContain('N')
  })

  test.each([1, 2, 127, 255])('a pre that ends with %i cancels', async (code) => {
    const { ana } = await start({
      toml: cscript('NOOP', 'pre'),
      scripts: { script: `exit ${code}` },
    })
    expect(await ana.say('NOOP')).toBe('550 A script of the site refuses that.')
  })

  test('a pre that lets it go on is heard too, and a post after what succeeded', async () => {
    const { ana } = await start({
      toml: cscript('DELE', 'pre', 'pre') + cscript('DELE', 'post', 'post'),
      scripts: {
        pre: 'echo "before $1"',
        post: 'echo "after $1"; echo "$1" >> done; exit 3',
      },
    })
    await ana.store('/incoming/R/a.bin', 'bytes')
    const line = 'DELE /incoming/R/a.bin'
    const reply = await ana.say(line)
    expect(reply.split('\n').slice(0, 2)).toEqual([`250-before ${line}`, `after ${line}`])
    expect(await ana.say(line)).toMatch(/^550-before DELE.*\n550 .*No such file/)
    expect(await site.read('hooks/work/done')).toBe(`${line}\n`)
  })

  test('a transfer is over when its last reply is there: then its post runs', async () => {
    const { ana } = await start({
      toml: cscript('RETR', 'post') + cscript('STOR', 'pre', 'pre'),
      scripts: { script: 'echo "fetched $1 at $SPEED"', pre: 'echo look' },
    })
    expect(await ana.store('/incoming/R/a.bin', 'bytes')).toMatch(/^226-look\n226 5 bytes/)
    const { content, reply } = await ana.retrieve('RETR /incoming/R/a.bin')
    expect(content.toString()).toBe('bytes')
    expect(reply).toMatch(/^226-fetched RETR \/incoming\/R\/a\.bin at \d+\n226 /)
    expect((await ana.retrieve('RETR /incoming/R/absent')).reply).toMatch(/^550 /)
  })

  test('what clients read by its form stays as it is', async () => {
    const { ana } = await start({
      toml: ['PWD', 'EPSV', 'SIZE', 'STAT'].map((verb) => cscript(verb, 'pre')).join(''),
      scripts: { script: 'echo chatter' },
    })
    expect(await ana.say('PWD')).toBe('257 "/" is where you are.')
    expect(await ana.say('EPSV')).toMatch(/^229 [^\n]*$/)
    expect(await ana.say('STAT -l /')).not.toContain('chatter')
  })

  test('a script hears no password, no address, and nothing that members write to each other', async () => {
    const { ana } = await start({
      toml: ['PASSWD', 'CHPASS', 'ADDUSER', 'GADDUSER', 'ADDIP', 'DELIP', 'MSG']
        .map((name) => cscript(`SITE ${name}`, 'pre'))
        .concat(
          `[[site_cmd]]\nname = "BENPASS"\nkind = "IS"\npath = "CHPASS ben"\nhelp = "sets it"`,
        )
        .join(''),
      scripts: { script: 'echo "$1"; exit 1' },
    })
    expect(await ana.say('SITE PASSWD old-secret new-secret')).toBe('550 SITE PASSWD * *')
    expect(await ana.say('SITE CHPASS ben "new secret"')).toBe('550 SITE CHPASS ben *')
    expect(await ana.say('SITE ADDUSER ben secret *@*')).toBe('550 SITE ADDUSER ben * *')
    expect(await ana.say('SITE GADDUSER CREW ben secret')).toBe('550 SITE GADDUSER CREW ben *')
    expect(await ana.say('SITE CHPASS ben "new secret')).toBe('550 SITE CHPASS ben * *')
    expect(await ana.say('SITE BENPASS secret')).toBe('550 SITE BENPASS *')
    expect(await ana.say('SITE ADDIP ben *@192.0.2.1 b@::1')).toBe('550 SITE ADDIP ben * *')
    expect(await ana.say('SITE DELIP ben *@192.0.2.1')).toBe('550 SITE DELIP ben *')
    expect(await ana.say('SITE MSG ben between us')).toBe('550 SITE MSG ben * *')
    expect(await ana.say('SITE MSG {ben eve} hi')).toBe('550 SITE MSG {ben eve} *')
  })
})

const CUSTOM = `
  [[site_cmd]]
  name = "HOUSE"
  kind = "TEXT"
  path = "rules.txt"
  help = "shows what the house is like"
  [[site_cmd]]
  name = "ECHO"
  kind = "EXEC"
  path = "echo"
  arguments = ["first"]
  usage = "[<word> ...]"
  help = "says what was said"
  [[site_cmd]]
  name = "CLOCK"
  kind = "IS"
  path = "TIME"
  help = "tells the time"
  [[site_cmd]]
  name = "PUNISH"
  kind = "IS"
  path = "KICK ben"
  help = "ends all that ben does"`

const ECHO = 'for each in "$@"; do echo "<$each>"; done; [ "$2" != fail ]'

describe('site_cmd', () => {
  const own = () => start({ toml: CUSTOM, scripts: { echo: ECHO } })

  test('needs the right of its name, which nobody has of themselves', async () => {
    const { ana, ftp, system } = await own()
    await site.writeScript('rules.txt', '#!no program\nBe kind.\n12 rules')
    const root = await ftp.login('root')
    for (const name of ['HOUSE', 'ECHO', 'CLOCK']) {
      expect(await ana.say(`SITE ${name}`)).toMatch(/^550 /)
      expect(await root.say(`SITE ${name}`)).toMatch(/^550 /)
    }
    expect(await ana.say('SITE HELP')).not.toContain('HOUSE')
    await setRights(system, 'list /* *\ncustom-house - *\ncustom-echo - =CREW\ncustom-clock - 1')
    expect(await ana.say('SITE house')).toBe(
      '200-#!no program\nBe kind.\n 12 rules\n200 HOUSE is done.',
    )
    expect(await ana.say('SITE ECHO a "b c"  $(d)')).toBe(
      '200-<first>\n<a>\n<b c>\n<$(d)>\n200 ECHO is done.',
    )
    expect(await ana.say('SITE CLOCK')).toMatch(/^550 /)
    expect(await root.say('SITE CLOCK')).toMatch(/^200 It is /)
    expect(await root.say('SITE ECHO a')).toMatch(/^550 /)
    const help = await ana.say('SITE HELP')
    expect(help).toMatch(/\n HOUSE +shows what the house is like\n/)
    expect(help).not.toContain('CLOCK')
    expect(await ana.say('SITE HELP ECHO')).toContain('SITE ECHO [<word> ...]')
  })

  test('what it stands for asks its own rights, and its own scripts', async () => {
    const { ana, ftp, system, hooks } = await own()
    await setRights(system, 'custom-punish - *\nkick - 1')
    const root = await ftp.login('root')
    const ben = await ftp.login('ben')
    expect(await ana.say('SITE PUNISH')).toMatch(/^550 /)
    await site.writeScript('no', 'echo "$1"; exit 1')
    await site.writeToml(`${CUSTOM}\n${cscript('SITE KICK', 'pre', 'no')}`)
    await hooks.reload()
    expect(await root.say('SITE PUNISH too loud')).toBe('550 SITE PUNISH too loud')
    await site.writeToml(CUSTOM)
    await hooks.reload()
    expect(await root.say('SITE PUNISH too loud')).toMatch(/^200 /)
    await ben.expect('421')
  })

  test('one that fails says so, with what it has written', async () => {
    const { ana, system, hooks } = await own()
    await setRights(system, 'custom-echo - *\ncustom-house - *')
    expect(await ana.say('SITE ECHO fail')).toBe('550-<first>\n<fail>\n550 ECHO has failed.')
    expect(await ana.say('SITE HOUSE')).toBe('550 HOUSE has failed.')
    expect(hooks.health().failing).toEqual({ 'site_cmd HOUSE': 'text-unreadable' })
  })

  test('a token needs the scope of the site', async () => {
    const { ftp, system } = await own()
    await setRights(system, 'custom-echo - *')
    const reader = await loginByToken(ftp, 'ana', ['read', 'upload'])
    expect(await reader.say('SITE ECHO a')).toMatch(/^550 /)
    const runner = await loginByToken(ftp, 'ana', ['site'])
    expect(await runner.say('SITE ECHO a')).toMatch(/^200-<first>/)
  })
})

const ENVIRONMENT = 'env | sort | grep -v "^\\(_\\|PWD\\|OLDPWD\\|SHLVL\\)=" > "$VEZA_EVENT"'

test("a script's environment is glFTPd's, and nothing of the server's own", async () => {
  process.env['VEZA_MASTER_KEY'] = 'a secret of the server'
  const { ana, system, dataDir } = await start({
    toml: `
      [[pre_check]]
      path = "check"
      [[post_check]]
      path = "check"`,
    scripts: { check: ENVIRONMENT },
  })
  const context = { by: null, connection: null, commandId: system.ids.next() }
  const command: AccountCommand = {
    type: 'account.set-profile',
    profile: { tagline: 'no $(rest)\nfor "ana"' },
  }
  await system.host.send({ kind: 'account', id: 'ana' }, command, context)
  expect(await ana.store('/incoming/R/a b.bin', 'x'.repeat(4_096))).toMatch(/^226/)
  delete process.env['VEZA_MASTER_KEY']
  const own = [
    'FLAGS=3',
    'GROUP=CREW',
    'HOST=*@127.0.0.1',
    'LANG=C.UTF-8',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'RATIO=3',
    'SECTION=incoming',
    'SPEED=0',
    'TAGLINE=no $(rest)',
    'USER=ana',
    'VEZA_EVENT=upload.before',
    'VEZA_GROUPS=CREW',
    'VEZA_PATH=/incoming/R/a b.bin',
    'for "ana"',
  ]
  const before = (await site.read('hooks/work/upload.before')).trim().split('\n')
  expect(before.toSorted()).toEqual(own.toSorted())
  const after = await site.read('hooks/work/upload.after')
  expect(after).toMatch(/^SPEED=\d+$/m)
  expect(after).toMatch(/^VEZA_SIZE=4096$/m)
  expect(after).toContain(`VEZA_FILE=${dataDir}/staging/`)
})

test('where a member is stands in no log, whatever a script complains of', async () => {
  const { ana } = await start({
    toml: '[[pre_check]]\npath = "check"',
    scripts: { check: 'echo "who is $HOST?" >&2; exit 127' },
  })
  expect(await ana.store('/incoming/R/a.bin', 'bytes')).toMatch(/^226/)
  expect(site.logged()).toContain('who is (hidden)?')
  expect(site.logged()).not.toContain('127.0.0.1')
})
