import { cutCharacters } from '#gateways/irc/codec.ts'
import { type IrcCommand, reply } from '#gateways/irc/command.ts'
import { numeric } from '#gateways/irc/replies.ts'

export const AWAY_CHARACTERS = 200

/** RFC 2812 section 4.1. Presence is not a fact: it goes with the connection. */
export const away: IrcCommand = {
  when: 'after',
  minParams: 0,
  run({ params, client }) {
    const words = params[0]
    client.awayMessage = words ? cutCharacters(words, AWAY_CHARACTERS) : undefined
    return reply(
      words
        ? numeric('306', 'You have been marked as being away')
        : numeric('305', 'You are no longer marked as being away'),
    )
  },
}
