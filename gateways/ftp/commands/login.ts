import { Refusal } from '#events/refusal.ts'
import { LOGIN_REFUSALS, type Proof } from '#gateways/kernel/login.ts'

import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { endGhosts } from '#gateways/ftp/ghosts.ts'
import { closing, type Reply, reply } from '#gateways/ftp/replies.ts'

/** RFC 959 section 4.1.1, access control. */
export const loginCommands: CommandTable = {
  USER: {
    needsLogin: false,
    minParams: 1,
    help: 'USER <name>, or !<name> to end your other FTP connections',
    run({ state, connection }, argument) {
      if (connection.member) return reply(530, 'You are logged in already.')
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
    if (state.endsGhosts) await endGhosts(session, member)
    await connection.authenticated(member, origin)
    return reply(230, `Welcome, ${member.name}.`)
  } catch (cause) {
    const code = cause instanceof Refusal ? cause.code : undefined
    if (code === LOGIN_REFUSALS.mfaRequired) {
      state.user = proof.name
      state.password = proof.secret
      return reply(332, 'Say ACCT and a code of your second factor.')
    }
    const isWrong = code === LOGIN_REFUSALS.loginIncorrect
    if (!isWrong || ++state.failedLogins < limits.failedLogins) throw cause
    return closing(421, 'Too many failed logins.', 'too-many-failed-logins')
  }
}
