import type { Registry } from 'prom-client'

import type { ActorHost } from '#actors/kernel/host.ts'
import { createSigningBook } from '#actors/signing/signing-book.ts'
import type { BusSubscription, EventBus } from '#events/event-bus.ts'
import { refOf } from '#events/fact.ts'
import { memberSubject, type SealKeeper } from '#events/seals.ts'
import type { Passwords, Vault } from '#events/vault.ts'
import { createMembers } from '#gateways/members/members.ts'
import { isStillProven, provenBy } from '#gateways/members/still-proven.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import type { Settings } from '#infra/config/settings.ts'
import { createAccessTokens } from '#infra/tokens/access-tokens.ts'
import { createSigningKeys, type SigningKeys } from '#infra/tokens/signing-keys.ts'
import { createTotpCodes } from '#infra/totp/totp-codes.ts'

import { ids } from './ids.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

interface Shared {
  readonly host: ActorHost
  readonly vault: Vault
  readonly seals: SealKeeper
  readonly passwords: Passwords
  readonly registry: Registry
}

/** How members prove who they are, with the keys that sign their access tokens. */
export async function openMembers(
  shared: Shared,
  settings: Settings,
  report: (what: string, cause: unknown) => void,
) {
  const { host, vault, seals } = shared
  const signingKeys = await createSigningKeys({
    book: createSigningBook(host, ids),
    vault,
    seals,
    clock: systemClock,
    rotateEveryMs: settings.signing_key_days * DAY_MS,
    report: (cause) => report('signing keys', cause),
  })
  const tokens = createAccessTokens({
    keys: signingKeys,
    clock: systemClock,
    ids,
    issuer: settings.site_url ?? settings.network_name,
    stillStands: (claims) => isStillProven(host, provenBy(claims)),
  })
  const members = createMembers(
    { ...shared, tokens, oneTimeCodes: createTotpCodes(), clock: systemClock, ids },
    {
      attempts: {
        failures: settings.login_failures,
        windowMs: settings.login_lock_minutes * MINUTE_MS,
      },
      mfaRoles: settings.mfa_roles,
      allowsAnonymous: settings.anonymous,
      issuer: settings.network_name,
      refreshMs: settings.session_days * DAY_MS,
      scramIterations: settings.scram_iterations,
    },
  )
  return { members, tokens, signingKeys }
}

/** What another process of a cluster has forgotten or rotated is not used here any longer. */
export async function followSecrets(
  bus: EventBus,
  { seals, signingKeys }: { readonly seals: SealKeeper; readonly signingKeys: SigningKeys },
  report: (what: string, cause: unknown) => void,
): Promise<BusSubscription> {
  return await bus.subscribe({ kinds: ['account', 'signing'] }, ({ type, stream }) => {
    if (type === 'account.forgotten') seals.dropCached(memberSubject(refOf(stream)?.id ?? ''))
    if (type.startsWith('signing.')) {
      signingKeys.refresh().catch((cause: unknown) => report('signing keys', cause))
    }
  })
}
