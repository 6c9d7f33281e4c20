import { cutCharacters } from '#gateways/irc/codec.ts'
import { type IrcCommand, reply } from '#gateways/irc/command.ts'
import { replies } from '#gateways/irc/replies.ts'

/** RFC 2812 section 3.7.2. Before registration too: some clients wait for it. */
export const ping: IrcCommand = {
  when: 'always',
  minParams: 0,
  run({ params, house }) {
    const token = params[0]
    if (token === undefined || token === '') return reply(replies.noOrigin())
    const { serverName } = house.settings
    return reply({ source: serverName, command: 'PONG', params: [serverName, token] })
  },
}

/** RFC 2812 section 3.7.3. That something came is what counts; the session has noted it. */
export const pong: IrcCommand = { when: 'always', minParams: 0, cost: 0, run: () => reply() }

/** RFC 2812 section 3.1.7. */
export const quit: IrcCommand = {
  when: 'always',
  minParams: 0,
  cost: 0,
  run: ({ params }) => ({
    lines: [],
    close: params[0] ? `Quit: ${cutCharacters(params[0], 150)}` : 'Client Quit',
  }),
}
