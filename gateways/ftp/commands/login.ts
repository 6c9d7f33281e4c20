import { Refusal } from '#events/refusal.ts'

import type { CommandTable } from '#gateways/ftp/command.ts'
import { closing, reply } from '#gateways/ftp/replies.ts'

/** RFC 959 section 4.1.1, access control. */
export const loginCommands: CommandTable = {
  USER: {
    needsLogin: false,
    minParams: 1,
    help: 'USER <name>',
    run({ state, connection }, argument) {
      if (connection.member) return reply(530, 'You are logged in already.')
      state.user = argument.trim()
      // The same for every name: who is a member is not told.
      return reply(331, 'Password please.')
    },
  },
  PASS: {
    needsLogin: false,
    minParams: 0,
    help: 'PASS <password>',
    async run({ state, connection, login, limits }, password) {
      if (connection.member) return reply(503, 'You are logged in already.')
      const name = state.user
      if (name === undefined) return reply(503, 'Say USER first.')
      state.user = undefined
      try {
        const member = await login.verify(name, password)
        await connection.authenticated(member)
        return reply(230, `Welcome, ${member.name}.`)
      } catch (cause) {
        const isWrong = cause instanceof Refusal && cause.code === 'login-incorrect'
        if (!isWrong || ++state.failedLogins < limits.failedLogins) throw cause
        return closing(421, 'Too many failed logins.', 'too-many-failed-logins')
      }
    },
  },
  ACCT: {
    needsLogin: false,
    minParams: 0,
    help: 'ACCT: not needed',
    run: () => reply(202, 'An account is not needed here.'),
  },
  QUIT: {
    needsLogin: false,
    minParams: 0,
    // It waits for the transfer's end, as RFC 959 asks.
    help: 'QUIT',
    run: () => closing(221, 'Goodbye.', 'quit'),
  },
}
