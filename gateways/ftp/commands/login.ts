import { accountId } from '#actors/account/account.commands.ts'
import { Refusal } from '#events/refusal.ts'
import { LOGIN_REFUSALS, type Member, type Proof } from '#gateways/kernel/login.ts'

import { unreadOf } from '#gateways/members/mailbox.ts'
import { PLAIN_PROOF } from '#gateways/members/policy.ts'
import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { bounded, counted } from '#gateways/ftp/commands/site/lines.ts'
import { endGhosts } from '#gateways/ftp/ghosts.ts'
import { closing, type Reply, reply } from '#gateways/ftp/replies.ts'

/** RFC 959 section 4.1.1, access control. */
export const loginCommands: CommandTable = {
  USER: {
    needsLogin: false,
    minParams: 1,
    help: 'USER <name>, or !<name> to end your other FTP connections',
    async run({ state, connection, isSecured, administration }, argument) {
      if (connection.member) return reply(530, 'You are logged in already.')
      // Where it holds for everybody the password need not be said at all.
      if (!isSecured && (await administration.policy.demandsOfAll('require-tls'))) {
        return reply(530, 'This site is for TLS alone: say AUTH TLS first.')
      }
      const name = argument.trim()
      state.endsGhosts = name.startsWith('!')
      state.user = state.endsGhosts ? name.slice(1) : name
      state.password = undefined
      // The same for every name: who is a member is not told.
      return reply(331, 'Password please.')
    },
  },
  PASS: {
    needsLogin: false,
    minParams: 0,
    help: 'PASS <password>, or an API token',
    async run(session, password) {
      const { state, connection } = session
      if (connection.member) return reply(503, 'You are logged in already.')
      if (state.user === undefined) return reply(503, 'Say USER first.')
      return await logIn(session, { name: state.user, secret: password })
    },
  },
  // RFC 959 section 5.4: after 332 the code of the second factor comes by ACCT.
  ACCT: {
    needsLogin: false,
    minParams: 0,
    help: 'ACCT <code of the second factor>',
    async run(session, code) {
      const { state, connection } = session
      if (connection.member) return reply(202, 'An account is not needed here.')
      const { user: name, password: secret } = state
      if (name === undefined || secret === undefined) return reply(503, 'Say USER and PASS first.')
      return await logIn(session, { name, secret, code: code.trim() })
    },
  },
  QUIT: {
    needsLogin: false,
    minParams: 0,
    // It waits for the transfer's end, as RFC 959 asks.
    help: 'QUIT',
    run: () => closing(221, 'Goodbye.', 'quit'),
  },
}

async function logIn(session: CommandSession, proof: Proof): Promise<Reply> {
  const { state, connection, login, limits, origin } = session
  state.user = undefined
  state.password = undefined
  try {
    const member = await login.verify(proof, origin)
    if (await isInsecure(session, member)) return insecure()
    if (state.endsGhosts) await endGhosts(session, member)
    const news = await newsFor(session, member)
    await connection.authenticated(member, origin)
    return reply(230, ...news, `Welcome, ${member.name}.`)
  } catch (cause) {
    const code = cause instanceof Refusal ? cause.code : undefined
    if (code === LOGIN_REFUSALS.mfaRequired) {
      const known = { ...PLAIN_PROOF, id: accountId(proof.name) }
      if (await isInsecure(session, known)) return insecure()
      state.user = proof.name
      state.password = proof.secret
      return reply(332, 'Say ACCT and a code of your second factor.')
    }
    const isWrong = code === LOGIN_REFUSALS.loginIncorrect
    if (!isWrong || ++state.failedLogins < limits.failedLogins) throw cause
    return closing(421, 'Too many failed logins.', 'too-many-failed-logins')
  }
}

/** What a member is told at the door: the message of the day, and whether others have written. */
async function newsFor(
  { host, site, connection }: CommandSession,
  member: Member,
): Promise<readonly string[]> {
  const unread = await unreadOf(host, member.id)
  const greeting = await site.text({ member, context: () => connection.context() }, 'motd')
  const mail = unread === 0 ? [] : [`You have ${counted(unread, 'message')}: SITE MSG READ.`]
  return bounded([...greeting, ...mail])
}

/**
 * Whether the rights demand TLS of whoever has proved who they are, and there is none. It is asked
 * when the password is known to be right, and not before: else the answer to a name alone would
 * tell that it is a member's, and of which group.
 */
async function isInsecure(
  { isSecured, administration }: CommandSession,
  member: Parameters<CommandSession['administration']['policy']['viewOf']>[0],
): Promise<boolean> {
  if (isSecured) return false
  return (await administration.policy.viewOf(member)).demands('require-tls')
}

/** RFC 2228 section 5: 530 is what PASS answers to who is not let in. */
function insecure(): Reply {
  return reply(530, 'You log in over TLS alone: say AUTH TLS first. Your password went in clear.')
}
