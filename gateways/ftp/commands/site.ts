import { ACCOUNT_REFUSALS } from '#actors/account/account.commands.ts'
import { GROUP_REFUSALS } from '#actors/group/group.commands.ts'
import { LOCKOUT_REFUSALS } from '#actors/lockout/lockout.commands.ts'
import { Refusal } from '#events/refusal.ts'
import { LOGIN_REFUSALS } from '#gateways/kernel/login.ts'
import { RATE_REFUSALS } from '#gateways/kernel/rate-limits/refusal.ts'
import { OPERATION_REFUSALS } from '#gateways/members/administration/operation.ts'

import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { bounded } from '#gateways/ftp/commands/site/lines.ts'
import { assertScope, siteCall } from '#gateways/ftp/commands/site/site-call.ts'
import { commandNamed } from '#gateways/ftp/commands/site/site-commands.ts'
import type { SiteAnswer, SiteCommand } from '#gateways/ftp/commands/site/site-command.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'

/** RFC 959 section 4.1.3. */
export const siteCommandTable: CommandTable = {
  SITE: {
    needsLogin: true,
    minParams: 1,
    help: 'SITE <command>: see SITE HELP',
    async run(session, argument) {
      const [, verb = '', said = ''] = /^\s*(\S+)\s*(.*)$/su.exec(argument) ?? []
      const found = commandNamed(session.site.hooks, verb)
      if (!found) return reply(500, 'No such SITE command: see SITE HELP.')
      const { name, command, prefix } = { prefix: '', ...found }
      try {
        return answerOf(
          await run(session, command, `${prefix} ${said}`.trim()),
          session.state.isColoured === true,
        )
      } catch (cause) {
        const known = cause instanceof Refusal ? refusalReply(cause, name, command) : undefined
        if (known) return known
        throw cause
      }
    },
  },
}

async function run(session: CommandSession, command: SiteCommand, said: string) {
  const call = await siteCall(session, command, said)
  const [min, max = Number.MAX_SAFE_INTEGER] = command.words ?? [0]
  const count = call.words.length
  if (count < min) throw new Refusal(OPERATION_REFUSALS.invalidParameters, 'Something is missing.')
  if (count > max) throw new Refusal(OPERATION_REFUSALS.invalidParameters, 'That is too much.')
  if (!command.isOfSession) assertScope(call.member, command.isChange ? undefined : 'read')
  return await command.run(call)
}

function answerOf(answer: SiteAnswer, isColoured: boolean): Reply {
  if (typeof answer === 'object' && 'code' in answer) {
    return { ...answer, lines: bounded(answer.lines) }
  }
  const [title = '', ...lines] = bounded(typeof answer === 'string' ? [answer] : answer)
  // ECMA-48: bold, and back again.
  const shown = isColoured && lines.length > 0 ? `\u001b[1m${title}\u001b[0m` : title
  return reply(200, shown, ...lines)
}

/**
 * RFC 959 section 4.2: 501 is a parameter that is wrong, 503 something that another command must
 * come before, 450 what may be tried again. All other refusals are as everywhere. 530 would tell
 * a client that it is not logged in.
 */
const CODES: Readonly<Record<string, number>> = {
  [OPERATION_REFUSALS.invalidParameters]: 501,
  [ACCOUNT_REFUSALS.accountDeleted]: 503,
  [ACCOUNT_REFUSALS.accountNotDeleted]: 503,
  [GROUP_REFUSALS.groupDeleted]: 503,
  [RATE_REFUSALS.rateLimited]: 450,
  [LOGIN_REFUSALS.loginIncorrect]: 550,
  [LOCKOUT_REFUSALS.lockedOut]: 550,
}

function refusalReply(cause: Refusal, name: string, { usage }: SiteCommand): Reply | undefined {
  const code = CODES[cause.code]
  if (code === undefined) return undefined
  if (code !== 501) return reply(code, ...bounded([cause.message]))
  const ways = usage.map((way) => ` Usage: SITE ${name} ${way}`.trimEnd())
  return reply(501, ...bounded([detailOf(cause), ...ways, 'End.']))
}

/** Says which parameter is wrong and how, and nothing of what was given: it may be a password. */
function detailOf({ message, fields }: Refusal): string {
  const errors = (fields['errors'] ?? []) as { pointer: string; detail: string }[]
  const details = errors.map(({ pointer, detail }) =>
    pointer.length > 1 ? `${pointer.slice(1)}: ${detail}` : detail,
  )
  return details.length === 0 ? message : details.join('; ')
}
