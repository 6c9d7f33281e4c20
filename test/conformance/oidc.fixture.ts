import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

export const REDIRECT_URI = 'http://127.0.0.1/api/v1/auth/oidc/test/callback'
const SECRET = 'a secret between the two sites'

/** A key under the same kid each time, so that one can be passed off as the other. */
export async function providerKeys() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
  const { kty, n, e, kid, alg, use } = jwk
  return { secret: { keys: [jwk] }, published: { keys: [{ kty, n, e, kid, alg, use }] } }
}

/** A real OpenID provider on a free port, with accounts for any name. */
export async function startOidcProvider() {
  let handle: RequestListener = (_, response) => response.writeHead(503).end()
  let meddle: RequestListener | undefined
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url!.split('?')[0]!)
    ;(meddle ?? handle)(request, response)
  })
  const port = await listen(server, 0)
  const issuer = `http://127.0.0.1:${port}`
  const { secret } = await providerKeys()
  const provider = new Provider(issuer, {
    jwks: secret,
    cookies: { keys: ['a key for cookies'] },
    clients: [
      { client_id: 'veza', client_secret: SECRET, redirect_uris: [REDIRECT_URI] },
      {
        client_id: 'veza-post',
        client_secret: SECRET,
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: 'client_secret_post',
      },
      {
        client_id: 'veza-public',
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: 'none',
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    pkce: { required: () => true },
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({
        sub: accountId,
        email: `${accountId}@provider.test`,
        email_verified: true,
        name: `The ${accountId}`,
      }),
    }),
  })
  // Without a proxy's headers, so that its addresses are those that it is asked at.
  const callback = provider.callback()
  handle = (request, response) => void callback(request, response)
  return {
    issuer,
    requests,
    client: { issuer, clientId: 'veza', clientSecret: SECRET },
    /** Answers instead of the provider, where it wants to; undefined: no more. */
    meddle(path: string | undefined, answer?: RequestListener) {
      meddle =
        path === undefined
          ? undefined
          : (request, response) =>
              (request.url!.startsWith(path) ? answer! : handle)(request, response)
    },
    async goDown() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    async comeBack() {
      await listen(server, port)
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** A browser as far as it is needed: keeps cookies, follows redirects, sends forms. */
export async function signInAs(login: string | null, url: string): Promise<string> {
  const cookies = new Map<string, string>()
  let next = new URL(url)
  let form: URLSearchParams | undefined
  for (let step = 0; step < 20; step++) {
    const response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: form }),
    })
    form = undefined
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!
      if (value === '') cookies.delete(name!)
      else cookies.set(name!, value!)
    }
    const location = response.headers.get('location')
    const page = await response.text()
    if (location !== null) {
      if (location.startsWith(REDIRECT_URI)) return location
      next = new URL(location, next)
    } else if (response.status !== 200) {
      throw new Error(`the provider says ${response.status}: ${page.slice(0, 500)}`)
    } else if (login === null) {
      next = new URL(`${next.pathname}/abort`, next)
    } else {
      const prompt = /name="prompt" value="(\w+)"/.exec(page)![1]!
      form = new URLSearchParams(prompt === 'login' ? { prompt, login, password: 'x' } : { prompt })
    }
  }
  throw new Error('the provider sends the browser in circles')
}
