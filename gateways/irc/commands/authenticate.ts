import { Refusal } from '#events/refusal.ts'

import { type IrcCommand, type IrcReply, type IrcRequest, reply } from '#gateways/irc/command.ts'
import { finishRegistration } from '#gateways/irc/commands/registration.ts'
import { numeric } from '#gateways/irc/replies.ts'
import { beginSasl, SASL_MECHANISMS, type SaslExchange, type SaslStep } from '#gateways/irc/sasl.ts'

/** IRCv3 sasl-3.1: base64 comes in lines of 400 characters, the last one shorter, or `+`. */
const CHUNK_CHARACTERS = 400
const MESSAGE_CHARACTERS = 8_192
/** A client that keeps guessing is sent away, whatever its address may still do. */
const TRIES = 10

/** What is under way of one client. */
export interface SaslState {
  readonly exchange: SaslExchange
  received: string
  /** The last challenge has been sent: what comes now only says that it has arrived. */
  proven?: SaslStep & { readonly kind: 'proven' }
}

export const authenticate: IrcCommand = {
  when: 'before',
  minParams: 1,
  async run(request) {
    const { client, params, house } = request
    const text = params[0]!
    const { registration } = client
    if (!client.capabilities.has('sasl')) return reply(failed())
    if (registration.proven) return reply(numeric('907', 'You have already authenticated'))
    if (text === '*') {
      delete registration.sasl
      return reply(numeric('906', 'SASL authentication aborted'))
    }
    if (registration.sasl) return await receive(request, registration.sasl, text)
    const exchange = beginSasl(text.toUpperCase(), house.deps.login, client.origin)
    if (!exchange) {
      return reply(numeric('908', SASL_MECHANISMS, 'are available SASL mechanisms'), failed())
    }
    registration.sasl = { exchange, received: '' }
    return reply(challenge('+'))
  },
}

async function receive(request: IrcRequest, sasl: SaslState, text: string): Promise<IrcReply> {
  const { registration } = request.client
  if (text.length > CHUNK_CHARACTERS || sasl.received.length + text.length > MESSAGE_CHARACTERS) {
    delete registration.sasl
    return reply(numeric('905', 'SASL message too long'))
  }
  if (text !== '+') sasl.received += text
  if (text.length === CHUNK_CHARACTERS) return reply()
  const message = Buffer.from(sasl.received, 'base64').toString('utf8')
  sasl.received = ''
  try {
    return await advance(request, sasl, message)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    delete registration.sasl
    registration.failures = (registration.failures ?? 0) + 1
    const words = registration.failures >= TRIES ? { close: 'Too many failed logins' } : {}
    return { lines: [failed(error.message)], ...words }
  }
}

async function advance(request: IrcRequest, sasl: SaslState, message: string): Promise<IrcReply> {
  const { client } = request
  const step = sasl.proven ?? (await sasl.exchange.answer(message))
  if (step.kind === 'challenge') return reply(challenge(encode(step.text)))
  if (step.last !== undefined && !sasl.proven) {
    sasl.proven = step
    return reply(challenge(encode(step.last)))
  }
  delete client.registration.sasl
  client.registration.proven = step.member
  const { name } = step.member
  const lines = [
    numeric('900', `${client.nick}!*@*`, name, `You are now logged in as ${name}`),
    numeric('903', 'SASL authentication successful'),
  ]
  const rest = await finishRegistration(request)
  return { ...rest, lines: [...lines, ...rest.lines] }
}

function challenge(text: string) {
  return { command: 'AUTHENTICATE', params: [text] }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}

function failed(words = 'SASL authentication failed') {
  return numeric('904', words)
}
