import type { RateAction } from '#gateways/kernel/rate-limits/actions.ts'
import { rateLimited } from '#gateways/kernel/rate-limits/refusal.ts'
import type { TakeOptions } from '#gateways/kernel/rate-limits/rate-limits.ts'

import type { IrcRequest } from '#gateways/irc/command.ts'
import { type Line, refusalReply } from '#gateways/irc/replies.ts'

interface Order extends Pick<TakeOptions, 'tokens' | 'maxWaitMs'> {
  readonly action: RateAction
}

/**
 * Takes from the member's budget, and waits where a wait is enough: the lines behind it stay in
 * the session's bounded queue. Answers the line that refuses, if it is refused.
 */
export async function keepPace(
  request: IrcRequest,
  channel: string,
  { action, ...order }: Order,
): Promise<Line | undefined> {
  const { client, house } = request
  const options = { gateway: 'irc', ...order }
  const verdict = await house.deps.rateLimits.take(client.member!, action, options)
  if (verdict.waitMs > 0) await client.pause(verdict.waitMs)
  return verdict.isAllowed ? undefined : refusing(request, channel, rateLimited(action, verdict))
}

/**
 * IRCv3 standard-replies for a client that knows them. For others a numeric where there is one;
 * what a message met is told as a notice, which no client takes for a failed joining.
 */
function refusing(
  { verb, client, house }: IrcRequest,
  channel: string,
  refusal: ReturnType<typeof rateLimited>,
): Line {
  const source = house.settings.serverName
  const words = refusal.message
  if (client.capabilities.has('standard-replies')) {
    return { source, command: 'FAIL', params: [verb, 'RATE_LIMITED', channel, words] }
  }
  if (verb === 'JOIN') return refusalReply({ verb, channel }, refusal)
  return { source, command: 'NOTICE', params: [client.nick, `${channel}: ${words}`] }
}
