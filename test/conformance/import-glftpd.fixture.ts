import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { glftpdDigest } from '#infra/argon2/glftpd-hash.ts'

/** A line of `etc/passwd` whose password is known. */
export function passwdLine(name: string, password: string): string {
  const salt = '01020304'
  return `${name}:$${salt}$${glftpdDigest(password, salt)}:100:300:21-11-26:/site:/bin/false\n`
}

const RECORD =
  'GENERAL 0,0 -1 0 0\nLOGINS 2 0 -1 -1\nTIMEFRAME 0 0\nFLAGS 3\nDIR /\nCREDITS 0\nRATIO 3\n'

export type TreeFiles = Record<string, string | Buffer>

/** A small site: bob of two groups, the siteop ann, who is deleted, and carl of an old hash. */
export function plainTree(): TreeFiles {
  return {
    'etc/passwd':
      passwdLine('bob', 'old-password') +
      passwdLine('Ann', 'anns-password') +
      'carl:$1$salt$oldcrypt:102:300:0:/site:/bin/false\n',
    'etc/group': 'NoGroup:NoGroup:100:\niND:independent people:300:\nFriends:friends:301:\n',
    'ftp-data/groups/iND': 'GROUP Added by glftpd\nSLOTS 10 -1 -2 1024\nSIMULT 4\n',
    'ftp-data/groups/Friends': 'GROUPNFO friends of the house\nSLOTS 0 0\n',
    'ftp-data/groups/default.group': 'SLOTS x\n',
    'ftp-data/users/bob': Buffer.from(
      'USER Added by glftpd\nADDED 1712306777 glftpd\nGENERAL 0,2048 15 512 256\n' +
        'LOGINS 2 1 3 -1\nTIMEFRAME 8 18\nFLAGS 13\nTAGLINE Tsch\xfcss\nDIR /incoming\n' +
        'CREDITS 15000 -20\nRATIO 5 0\nALLUP 1 2 3\nEXPIRES 1900000000\n' +
        'GROUP iND 1\nGROUP friends 0\nPRIVATE STAFF\nIP *@127.0.0.*\nIP !*@192.0.2.0/24\n',
      'latin1',
    ),
    'ftp-data/users/Ann': `${RECORD.replace('FLAGS 3', 'FLAGS 136')}GROUP iND 0\n`,
    'ftp-data/users/carl': RECORD,
    'ftp-data/users/default.user': 'FLAGS ?\n',
    'ftp-data/users/bob.lock': '',
  }
}

const written: string[] = []

/** Removes what was written. */
export async function removeTrees(): Promise<void> {
  for (const folder of written.splice(0)) await rm(folder, { recursive: true })
}

/** Writes a tree into a folder of its own, which `removeTrees` removes. */
export async function writeTree(files: TreeFiles): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'veza-glftpd-'))
  written.push(folder)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}
