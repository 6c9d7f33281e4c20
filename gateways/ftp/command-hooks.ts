import type { CommandSaid } from '#gateways/site/hooks.ts'

import type { CommandSession } from '#gateways/ftp/command.ts'
import { bounded } from '#gateways/ftp/commands/site/lines.ts'
import { wordsOf } from '#gateways/ftp/commands/site/words.ts'
import type { Reply } from '#gateways/ftp/replies.ts'
import type { TransferPlan } from '#gateways/ftp/transfers/transfer.ts'

interface Line {
  readonly verb: string
  readonly argument: string
}

/**
 * Runs a command between what the operator's scripts and hooks say before and after it. A
 * transfer is over when its last reply is there; what fails is not followed by anything.
 */
export async function withCommandHooks(
  session: CommandSession,
  line: Line,
  run: () => Promise<Reply>,
): Promise<Reply> {
  if (!session.connection.member || UNTOLD.has(line.verb)) return await run()
  const { hooks } = session.site
  const { commands, line: text } = commandsOf(session, line)
  const said: CommandSaid = { commands, line: text, directory: session.state.directory }
  const before = await hooks.beforeCommand(session.caller(), said)
  const finish = async (answer: Reply): Promise<Reply> => {
    const after = answer.code < 400 ? await hooks.afterCommand(session.caller(), said) : []
    return withLines(answer, bounded([...before, ...after]))
  }
  const answer = await run()
  if (answer.followUp?.kind !== 'transfer') return await finish(answer)
  const plan = followed(session, answer.followUp.plan, finish)
  return { ...answer, followUp: { kind: 'transfer', plan } }
}

/** What comes before anybody is known: it carries passwords. */
const UNTOLD: ReadonlySet<string> = new Set('USER PASS ACCT AUTH ADAT'.split(' '))

/** The names of RFC 775 are other spellings: a hook of one is a hook of both. */
const SPELLINGS: Readonly<Record<string, string>> = {
  XMKD: 'MKD',
  XRMD: 'RMD',
  XCWD: 'CWD',
  XPWD: 'PWD',
  XCUP: 'CDUP',
}

/**
 * From which word on a SITE command says what is nobody else's: a password, with what is left of
 * one that lacks its quotes, from where a member comes, and what members write to each other.
 */
const PRIVATE_FROM: Readonly<Record<string, number>> = {
  PASSWD: 0,
  CHPASS: 1,
  ADDIP: 1,
  DELIP: 1,
  ADDUSER: 1,
  GADDUSER: 2,
  MSG: 1,
}

function commandsOf(session: CommandSession, { verb, argument }: Line) {
  const name = SPELLINGS[verb] ?? verb
  if (name !== 'SITE') return { commands: [name], line: `${name} ${argument}`.trim() }
  const [, named = '', rest = ''] = /^\s*(\S+)\s*(.*)$/su.exec(argument) ?? []
  const site = named.toUpperCase()
  const custom = session.site.hooks.customCommand(site)
  // Who forbids a command forbids it under every name that stands for it.
  const [first, ...fixed] = custom?.kind === 'IS' ? wordsOf(custom.target) : []
  const target = first?.text.toUpperCase() ?? site
  const privateFrom = PRIVATE_FROM[target]
  const shown = privateFrom === undefined ? rest : withoutPrivate(rest, privateFrom - fixed.length)
  return {
    commands: [...new Set([`SITE ${site}`, `SITE ${target}`]), 'SITE'],
    line: `SITE ${site} ${shown}`.trim(),
  }
}

function withoutPrivate(said: string, from: number): string {
  const shown = wordsOf(said).map(({ text }, index) => (index < from ? text : '*'))
  return shown.join(' ')
}

/** Replies that clients read by their form stay as they are. */
const READ_BY_FORM: ReadonlySet<number> = new Set([211, 212, 213, 227, 229, 257])

function withLines(answer: Reply, lines: readonly string[]): Reply {
  if (lines.length === 0 || READ_BY_FORM.has(answer.code)) return answer
  return { ...answer, lines: [...lines, ...answer.lines] }
}

/** The same transfer, after which something follows, and which says how fast it was. */
function followed(
  session: CommandSession,
  plan: TransferPlan,
  finish: (last: Reply) => Promise<Reply>,
): TransferPlan {
  return {
    ...plan,
    async run(data, progress) {
      const startedAt = session.now()
      const last = await plan.run(data, progress)
      const seconds = (session.now() - startedAt) / 1_000
      const bytes = session.transfer?.movedBytes ?? 0
      session.state.speedKib = seconds <= 0 ? 0 : Math.round(bytes / 1_024 / seconds)
      return await finish(last)
    },
  }
}
