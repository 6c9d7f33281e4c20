import { CAPABILITIES, CAPABILITY_VALUES, isCapability } from '#gateways/irc/capabilities.ts'
import { type IrcCommand, type IrcReply, type IrcRequest, reply } from '#gateways/irc/command.ts'
import { finishRegistration } from '#gateways/irc/commands/registration.ts'
import { replies } from '#gateways/irc/replies.ts'

/** IRCv3 capability negotiation, version 302. No list here is long enough to be split. */
export const cap: IrcCommand = {
  when: 'always',
  minParams: 1,
  run(request) {
    const subcommand = request.params[0]!.toUpperCase()
    const run = SUBCOMMANDS[subcommand]
    return run ? run(request) : reply(replies.invalidCap(request.params[0]!))
  },
}

const SUBCOMMANDS: Readonly<Record<string, (request: IrcRequest) => IrcReply | Promise<IrcReply>>> =
  {
    LS(request) {
      request.client.registration.isNegotiating = true
      // Values are for those who say that they know the version in which these came.
      if (!(Number(request.params[1]) >= 302)) return answer(request, 'LS', CAPABILITIES)
      const withValues = CAPABILITIES.map((name) => {
        const value = CAPABILITY_VALUES[name]
        return value === undefined ? name : `${name}=${value}`
      })
      return answer(request, 'LS', withValues)
    },
    LIST: (request) => answer(request, 'LIST', request.client.capabilities.names),
    REQ(request) {
      const { client, params } = request
      client.registration.isNegotiating = true
      const wanted = (params[1] ?? '').split(' ').filter((name) => name !== '')
      // All or none: one that is not known changes nothing.
      const isKnown = wanted.every((name) => isCapability(name.replace(/^-/, '')))
      if (!isKnown) return answer(request, 'NAK', wanted)
      for (const name of wanted) {
        const capability = name.replace(/^-/, '')
        if (isCapability(capability)) client.capabilities.set(capability, !name.startsWith('-'))
      }
      return answer(request, 'ACK', wanted)
    },
    END(request) {
      request.client.registration.isNegotiating = false
      return finishRegistration(request)
    },
  }

function answer(
  { client, house }: IrcRequest,
  subcommand: string,
  names: readonly string[],
): IrcReply {
  return reply({
    source: house.settings.serverName,
    command: 'CAP',
    params: [client.nick, subcommand, names.join(' ')],
  })
}
