import type { IrcMessage } from '#gateways/irc/codec.ts'
import { SASL_MECHANISMS } from '#gateways/irc/sasl.ts'

/**
 * The IRCv3 capabilities that are spoken here, as `CAP LS` lists them. `message-tags` comes
 * with `CLIENTTAGDENY=*` in ISUPPORT: msgid is given, tags of clients are not passed on.
 */
export const CAPABILITIES = [
  'account-tag',
  'echo-message',
  'extended-join',
  'message-tags',
  'multi-prefix',
  'sasl',
  'server-time',
  'standard-replies',
  'userhost-in-names',
] as const

/** What `CAP LS 302` says behind a name. */
export const CAPABILITY_VALUES: Partial<Record<Capability, string>> = { sasl: SASL_MECHANISMS }

export type Capability = (typeof CAPABILITIES)[number]

export function isCapability(name: string): name is Capability {
  return (CAPABILITIES as readonly string[]).includes(name)
}

/** Which capability lets a client see a tag. */
const TAG_NEEDS: Readonly<Record<string, Capability>> = {
  time: 'server-time',
  msgid: 'message-tags',
  account: 'account-tag',
}

/** What one client has asked for. */
export class Capabilities {
  readonly #enabled = new Set<Capability>()
  /** The same for clients with the same capabilities. */
  key = ''

  has(capability: Capability): boolean {
    return this.#enabled.has(capability)
  }

  set(capability: Capability, isEnabled: boolean): void {
    if (isEnabled) this.#enabled.add(capability)
    else this.#enabled.delete(capability)
    this.key = this.names.join(' ')
  }

  get names(): readonly Capability[] {
    return [...this.#enabled].toSorted()
  }

  /** The message as this client may see it. */
  filter(message: IrcMessage): IrcMessage {
    const { tags, ...rest } = message
    const seen = Object.entries(tags ?? {}).filter(([tag]) => {
      const needs = TAG_NEEDS[tag]
      return needs !== undefined && this.has(needs)
    })
    const hasRealName = rest.command !== 'JOIN' || this.has('extended-join')
    const params = hasRealName ? rest.params : rest.params.slice(0, 1)
    return { ...rest, params, ...(seen.length > 0 && { tags: Object.fromEntries(seen) }) }
  }
}
