import os from 'node:os'
import { parentPort } from 'node:worker_threads'

import { hashSync, verifySync } from '@node-rs/argon2'

import { glftpdDigest } from '#infra/argon2/glftpd-hash.ts'
import type { Answer, Job, Task } from '#infra/argon2/password-jobs.ts'
import { deriveScramKeys } from '#infra/passwords/scram-keys.ts'

const run: { readonly [K in Task['kind']]: (task: Extract<Task, { kind: K }>) => unknown } = {
  hash: ({ password, argon2 }) => hashSync(password, argon2),
  verify: ({ hash, password }) => verifySync(hash, password),
  'verify-glftpd': ({ hash, salt, password }) => verifySync(hash, glftpdDigest(password, salt)),
  scram: ({ password, salt, iterations }) =>
    deriveScramKeys(password, Buffer.from(salt), iterations),
}

// On Linux a thread has a priority of its own: guests who guess passwords give way to those who
// are in. Elsewhere it would be that of the whole process.
if (process.platform === 'linux') os.setPriority(0, os.constants.priority.PRIORITY_BELOW_NORMAL)

parentPort!.on('message', ({ id, task }: Job) => {
  let answer: Answer
  try {
    answer = { id, result: (run[task.kind] as (task: Task) => unknown)(task) }
  } catch (cause) {
    answer = { id, failure: cause }
  }
  parentPort!.postMessage(answer)
})
