import { createSignIn, type SignInSite } from '#gateways/members/sign-in.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import type { Settings } from '#infra/config/settings.ts'
import { createOidcSignIn } from '#infra/oidc/oidc-sign-in.ts'

import type { Core } from './core.ts'
import { ids } from './ids.ts'

/** Sign-in by the other sites that the settings name. */
export function openSignIn(core: Core, settings: Settings) {
  const sites = new Map<string, SignInSite>()
  for (const site of settings.oidc_providers) {
    const provider = createOidcSignIn({
      issuer: site.issuer,
      clientId: site.client_id,
      ...(site.client_secret !== undefined && { clientSecret: site.client_secret }),
      ...(site.scope !== undefined && { scope: site.scope }),
      clock: systemClock,
    })
    sites.set(site.name, { provider, allowsSignUp: site.sign_up, group: site.group })
  }
  const { host, seals } = core
  return createSignIn({ ...core.members, host, seals, clock: systemClock, ids, sites })
}
