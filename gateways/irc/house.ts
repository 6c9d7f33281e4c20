import type { GatewayDeps } from '#gateways/kernel/gateway.ts'

import type { Nicks } from '#gateways/irc/nicks.ts'
import type { IrcSettings } from '#gateways/irc/options.ts'
import type { Sessions } from '#gateways/irc/sessions.ts'
import type { Voice } from '#gateways/irc/render.ts'

/** What all sessions of the gateway share, and what the commands may use. */
export interface House {
  readonly deps: GatewayDeps
  readonly settings: IrcSettings
  readonly nicks: Nicks
  readonly sessions: Sessions
  readonly voice: Voice
}

/** `nick!member@host`: the user is the account's id, the host hides where the member is. */
export function createVoice(settings: IrcSettings, nicks: Nicks): Voice {
  const { serverName, serviceNick } = settings
  return {
    sourceOf: (member) => `${nicks.known(member) ?? member}!${member}@${serverName}`,
    service: `${serviceNick}!${serviceNick}@${serverName}`,
  }
}
