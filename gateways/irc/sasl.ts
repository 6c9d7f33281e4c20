import { randomBytes } from 'node:crypto'

import { Refusal } from '#events/refusal.ts'
import type { Login, Member, Origin } from '#gateways/kernel/login.ts'

/** What a mechanism does with a message: asks on, or knows who it is. */
export type SaslStep =
  | { readonly kind: 'challenge'; readonly text: string }
  | { readonly kind: 'proven'; readonly member: Member; readonly last?: string }

/** One exchange. `answer` rejects with a `Refusal` when it fails. */
export interface SaslExchange {
  /** `text` is what the client has sent, decoded. */
  answer(text: string): Promise<SaslStep>
}

export const SASL_REFUSALS = { malformed: 'sasl-malformed' } as const

type Mechanism = (login: Login, origin: Origin) => SaslExchange

/** RFC 4616: `authzid NUL authcid NUL password`. The password may be an API token. */
const plain: Mechanism = (login, origin) => ({
  async answer(text) {
    const [authorized, name, secret, ...rest] = text.split('\0')
    if (!name || secret === undefined || rest.length > 0) throw malformed()
    if (authorized && authorized.toLowerCase() !== name.toLowerCase()) throw malformed()
    return { kind: 'proven', member: await login.verify({ name, secret }, origin) }
  },
})

/** RFC 5802 and 7677, without channel binding. */
const scramSha256: Mechanism = (login, origin) => {
  let finish: ((text: string) => Promise<SaslStep>) | undefined
  return {
    async answer(text) {
      if (finish) return await finish(text)
      const [, header, bare, user, clientNonce] = CLIENT_FIRST.exec(text) ?? []
      if (!header || !bare || !user || !clientNonce) throw malformed()
      const challenge = await login.scram(unescapeName(user))
      const nonce = clientNonce + randomBytes(18).toString('base64')
      const first = `r=${nonce},s=${challenge.salt},i=${challenge.iterations}`
      const binding = Buffer.from(header).toString('base64')
      finish = async (final) => {
        const [, withoutProof, givenBinding, givenNonce, proof] = CLIENT_FINAL.exec(final) ?? []
        if (!withoutProof || !proof) throw malformed()
        if (givenBinding !== binding || givenNonce !== nonce) throw malformed()
        const message = `${bare},${first},${withoutProof}`
        const { member, serverSignature } = await challenge.finish(message, proof, origin)
        return { kind: 'proven', member, last: `v=${serverSignature}` }
      }
      return { kind: 'challenge', text: first }
    },
  }
}

const MECHANISMS: Readonly<Record<string, Mechanism>> = {
  PLAIN: plain,
  'SCRAM-SHA-256': scramSha256,
}

export const SASL_MECHANISMS = Object.keys(MECHANISMS).join(',')

export function beginSasl(name: string, login: Login, origin: Origin): SaslExchange | undefined {
  return Object.hasOwn(MECHANISMS, name) ? MECHANISMS[name]!(login, origin) : undefined
}

/** The gs2 header (`n` or `y`, no binding), then the rest, in which `m=` stands for what we lack. */
const CLIENT_FIRST = /^([ny],(?:a=[^,]*)?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]{8,256})(?:,[^,]*)*)$/
const CLIENT_FINAL =
  /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[^,]*)*?),p=([A-Za-z0-9+/=]+)$/

/** RFC 5802 section 5.1: `=2C` is a comma, `=3D` an equals sign. */
function unescapeName(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

function malformed(): Refusal {
  return new Refusal(SASL_REFUSALS.malformed, 'That is no SASL message of the mechanism.')
}
