import { writeFile } from 'node:fs/promises'

import { Refusal } from '#events/refusal.ts'
import { planJson, planLines, problemLines, problemsJson } from '#gateways/cli/admin/import-view.ts'
import { CLI_REFUSALS, type ImportOptions } from '#gateways/cli/admin/run-operation.ts'
import { createProgressView } from '#gateways/cli/progress.ts'
import { withVisit } from '#gateways/control/visit.ts'
import {
  type ImportPlan,
  planImport,
  recordImport,
} from '#gateways/members/import-glftpd/import-site.ts'
import { DEFAULT_SECTION } from '#actors/ledger/ledger.commands.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { type GlftpdFiles, readGlftpdTree } from '#infra/glftpd/read-tree.ts'
import { readGlftpdSite } from '#gateways/members/import-glftpd/read-tree.ts'

import type { Core } from './core.ts'
import { ids } from './ids.ts'
import { EXIT, type Terminal } from './terminal.ts'

/**
 * Takes the users and groups of a glFTPd over: first everything is read and checked, then, when
 * nothing is wrong, recorded. Answers the exit code.
 */
export async function importGlftpd(
  core: Core,
  node: string,
  folder: string,
  options: ImportOptions,
  terminal: Terminal,
): Promise<number> {
  const { say, complain } = terminal
  const { json, dryRun, passwordResetFile: resetFile } = options
  const files = await filesIn(folder)
  const { site, problems } = readGlftpdSite(files, [DEFAULT_SECTION, ...options.sections])
  const plan = await planImport(core, site, problems)
  if (problems.count > 0) {
    if (json) say(problemsJson(problems))
    else for (const line of problemLines(problems)) complain(line)
    return EXIT.failed
  }
  if (!dryRun) {
    // Before anything is recorded: whoever has no password is to be found afterwards.
    if (resetFile !== undefined) await writeNames(resetFile, plan)
    const progress = progressOf(terminal)
    await withVisit({ host: core.host, ids, node }, ({ context }) =>
      recordImport(core, plan, context, (users) => progress.update(users, plan.users.length)),
    )
    progress.clear()
  }
  if (json) say(planJson(plan, !dryRun))
  else {
    for (const line of planLines(plan)) say(line)
    say(dryRun ? 'nothing is imported: that was asked for' : 'imported')
  }
  return EXIT.done
}

function progressOf({ isTerminal, writeProgress, columns }: Terminal) {
  return createProgressView({
    label: 'importing',
    unit: 'members',
    mode: isTerminal ? 'bar' : 'lines',
    now: () => systemClock.now(),
    write: writeProgress,
    columns,
  })
}

async function filesIn(folder: string): Promise<GlftpdFiles> {
  try {
    return await readGlftpdTree(folder)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EACCES') throw cause
    throw new Refusal(CLI_REFUSALS.fileUnreadable, message)
  }
}

async function writeNames(path: string, { users }: ImportPlan): Promise<void> {
  const names = users.filter(({ hasPassword }) => !hasPassword).map(({ user }) => `${user.name}\n`)
  try {
    await writeFile(path, names.join(''), { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    throw new Refusal(CLI_REFUSALS.fileUnreadable, (cause as Error).message)
  }
}
