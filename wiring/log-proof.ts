import { existsSync, readFileSync, writeFileSync } from 'node:fs'

import type { VerifyLogOptions } from '#gateways/cli/log-commands.ts'
import { grouped } from '#gateways/cli/log-report.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { SettingsError } from '#infra/config/load-settings.ts'
import { verifyLog } from '#infra/lmdb/verify-log.ts'
import type { LogTables } from '#infra/lmdb/tables.ts'
import {
  type Checkpoint,
  generateKeys,
  isSignedBy,
  readCheckpoint,
  signCheckpoint,
} from '#infra/log/checkpoint.ts'

import { EXIT, progressOn, type Terminal } from './terminal.ts'

/** Makes a pair of keys. Never over a file that is there: what it has signed would be lost. */
export function makeLogKeys(file: string, { say }: Terminal, json: boolean): number {
  const { privateKey, publicKey } = generateKeys()
  const publicFile = `${file}.pub`
  for (const each of [file, publicFile]) assertNew(each)
  writeFileSync(file, privateKey, { mode: 0o600, flag: 'wx' })
  writeFileSync(publicFile, publicKey, { mode: 0o644, flag: 'wx' })
  if (json) say(JSON.stringify({ private_key: file, public_key: publicFile }))
  else say(`${file} signs checkpoints: keep it secret. ${publicFile} checks them.`)
  return EXIT.done
}

/** Walks the log and says what it proves: that it is whole, and that it kept a checkpoint. */
export async function proveLog(
  tables: LogTables,
  options: VerifyLogOptions,
  terminal: Terminal,
): Promise<number> {
  const before = earlierCheckpoint(options)
  const privateKey = signingKey(options)
  const progress = progressOn(terminal, 'verifying', options.json)
  let hashThen: string | undefined
  const verified = await verifyLog(tables, {
    progress: (done, total) => progress.update(done, total),
    linked: ({ position, hash }) => {
      if (position === before?.position) hashThen = hash
    },
  })
  progress.clear()
  const { logId, end, records, compacted, damage } = verified
  const broken = damage ?? rewriting(before, logId, end.position, hashThen)
  if (options.json) {
    terminal.say(
      JSON.stringify({
        whole: !broken,
        log: logId,
        ...end,
        records,
        compacted,
        ...(damage && { damage: { position: damage.position, kind: damage.kind } }),
        ...(broken && { reason: broken.message }),
        ...(before && !broken && { kept_since: before.at }),
      }),
    )
  } else if (broken) terminal.complain(broken.message)
  else {
    terminal.say(`whole up to position ${end.position}: ${grouped(records)} records`)
    terminal.say(`hash ${end.hash}`)
    if (before) terminal.say(`history up to position ${before.position} is as on ${before.at}`)
  }
  if (broken) return EXIT.notEqual
  if (privateKey !== undefined) {
    const signed = signCheckpoint({ log: logId, ...end }, systemClock.now(), privateKey)
    writeFileSync(options.out!, `${JSON.stringify(signed, null, 2)}\n`, { flag: 'wx' })
  }
  return EXIT.done
}

interface Earlier extends Checkpoint {
  readonly isSigned: boolean
}

function earlierCheckpoint({ check, key }: VerifyLogOptions): Earlier | undefined {
  if ((check === undefined) !== (key === undefined)) {
    throw new SettingsError('--check and --key belong together')
  }
  if (check === undefined) return undefined
  const checkpoint = readCheckpoint(readText(check))
  return { ...checkpoint, isSigned: isSignedBy(checkpoint, readText(key!)) }
}

function signingKey({ sign, out }: VerifyLogOptions): string | undefined {
  if ((sign === undefined) !== (out === undefined)) {
    throw new SettingsError('--sign and --out belong together')
  }
  if (out !== undefined) assertNew(out)
  return sign === undefined ? undefined : readText(sign)
}

function assertNew(file: string): void {
  if (existsSync(file)) throw new SettingsError(`${file} is there already`)
}

/** Why a whole log is not the one of the checkpoint. */
function rewriting(
  before: Earlier | undefined,
  logId: string,
  head: number,
  hashThen: string | undefined,
): Error | undefined {
  if (!before) return undefined
  if (!before.isSigned) return new Error('the checkpoint was not signed with that key')
  if (before.log !== logId) return new Error(`the checkpoint is of another log, ${before.log}`)
  if (before.position > head) {
    return new Error(
      `the log ends at position ${head}: on ${before.at} it had reached ${before.position}`,
    )
  }
  if (before.position === 0 || before.hash === hashThen) return undefined
  return new Error(
    `history was rewritten: the hash at position ${before.position} is not that of ${before.at}`,
  )
}

const FILE_BYTES = 64 * 1024

function readText(path: string): string {
  let bytes
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    throw new SettingsError(`${path} cannot be read`, { cause })
  }
  if (bytes.length > FILE_BYTES) throw new SettingsError(`${path} is too large for what it is`)
  return bytes.toString('utf8')
}
