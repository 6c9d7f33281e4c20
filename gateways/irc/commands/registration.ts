import { Refusal } from '#events/refusal.ts'
import { LOGIN_REFUSALS, type Member } from '#gateways/kernel/login.ts'

import { foldCase } from '#gateways/irc/codec.ts'
import { type IrcCommand, type IrcReply, type IrcRequest, reply } from '#gateways/irc/command.ts'
import { countLines, motdLines } from '#gateways/irc/commands/server-information.ts'
import { isupportLines } from '#gateways/irc/isupport.ts'
import { numeric, replies } from '#gateways/irc/replies.ts'

/** What a client may call itself before it is known who it is; it is not kept afterwards. */
const NICK = /^[^\s\0-\x20:#&@!+*?,.~%\x7f][^\s\0-\x20@!*?,\x7f]{0,63}$/u

/** RFC 2812 section 3.1.1: `member:password`; or the password alone, of the member in NICK. */
export const pass: IrcCommand = {
  when: 'before',
  minParams: 1,
  run({ params, client }) {
    client.registration.pass = params[0]!
    return reply()
  },
}

/** RFC 2812 section 3.1.2. Once logged in, the nick is the member's name and stays so. */
export const nick: IrcCommand = {
  when: 'always',
  minParams: 0,
  run(request) {
    const { params, client } = request
    const wanted = params[0]
    if (!wanted) return reply(replies.noNick())
    if (!NICK.test(wanted)) return reply(replies.erroneousNick(wanted.slice(0, 32)))
    if (client.member) {
      const isSame = foldCase(wanted) === foldCase(client.member.name)
      return isSame ? reply() : reply(replies.noNickChange())
    }
    client.registration.nick = wanted
    return finishRegistration(request)
  },
}

/** RFC 2812 section 3.1.3. */
export const user: IrcCommand = {
  when: 'before',
  minParams: 4,
  run(request) {
    request.client.registration.user = request.params[0]!
    return finishRegistration(request)
  },
}

/** Logs the client in as soon as it has said all that is needed. */
export async function finishRegistration(request: IrcRequest): Promise<IrcReply> {
  const { client, house } = request
  const { nick: wanted, user: username, isNegotiating } = client.registration
  if (client.member || !wanted || !username || isNegotiating) return reply()
  try {
    const member = await prove(request, wanted)
    if (!member) return refuse()
    await client.connection.authenticated(member, client.origin)
    client.member = member
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.code === LOGIN_REFUSALS.loginIncorrect) return refuse()
    return { lines: [replies.unknownError('PASS', error.message)], close: error.message }
  } finally {
    delete client.registration.pass
  }
  house.nicks.learn(client.member.id, client.member.name)
  house.sessions.loggedIn(client)
  return reply(...welcome(request))
}

/** By SASL, which came before, or by PASS. */
async function prove({ client, house }: IrcRequest, nick: string): Promise<Member | undefined> {
  const { pass: password, proven } = client.registration
  if (proven) return proven
  if (password === undefined) return undefined
  const colon = password.indexOf(':')
  const name = colon < 0 ? nick : password.slice(0, colon)
  const secret = password.slice(colon + 1)
  return await house.deps.login.verify({ name, secret }, client.origin)
}

function refuse(): IrcReply {
  return { lines: [replies.passwordMismatch()], close: 'Password incorrect' }
}

function welcome({ client, house }: IrcRequest) {
  const { settings, voice } = house
  const { serverName, networkName, version } = settings
  const started = new Date(settings.startedAt).toISOString()
  return [
    numeric('001', `Welcome to ${networkName}, ${voice.sourceOf(client.member!.id)}`),
    numeric('002', `Your host is ${serverName}, running ${version}`),
    numeric('003', `This server was started ${started}`),
    numeric('004', serverName, version, 'i', 'nt'),
    ...isupportLines(settings),
    ...countLines(house),
    ...motdLines(house),
  ]
}
