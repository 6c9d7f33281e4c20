import { pino } from 'pino'
import { Registry } from 'prom-client'

import { runConsumer } from '#actors/kernel/consumer.ts'
import { createHost } from '#actors/kernel/create-host.ts'
import { publishFacts } from '#actors/kernel/publisher.ts'
import { SITE_ROOM } from '#actors/room/room.commands.ts'
import { SITE } from '#actors/site/site.commands.ts'
import { SITE_POLICY } from '#actors/policy/policy.commands.ts'
import { createSigningBook } from '#actors/signing/signing-book.ts'
import type { Clock } from '#events/clock.ts'
import type { EventLog } from '#events/event-log.ts'
import { LOG_START } from '#events/fact.ts'
import type { HostStore } from '#events/host-store.ts'
import { RATE_ACTIONS, readQuotas } from '#gateways/kernel/rate-limits/actions.ts'
import { createRateLimits } from '#gateways/kernel/rate-limits/rate-limits.ts'
import { DEFAULT_FACTORS } from '#gateways/kernel/rate-limits/tiers.ts'
import { type AccountToMake, makeAccount } from '#gateways/members/administration/make-account.ts'
import { createMembers, type MembersOptions } from '#gateways/members/members.ts'
import { isStillProven, provenBy } from '#gateways/members/still-proven.ts'
import { createSignIn, type SignInSite } from '#gateways/members/sign-in.ts'
import { createVerifiedMembers } from '#gateways/members/verified-members.ts'
import { createArgon2Passwords } from '#infra/argon2/argon2-passwords.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createFileInspection } from '#infra/inspection/file-inspection.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createMemoryVault } from '#infra/memory/memory-vault.ts'
import { masterKeysFromSettings } from '#infra/seals/master-keys.ts'
import { openSeals } from '#infra/seals/open-seals.ts'
import { createAccessTokens } from '#infra/tokens/access-tokens.ts'
import { createSigningKeys } from '#infra/tokens/signing-keys.ts'
import { createTotpCodes } from '#infra/totp/totp-codes.ts'
import { actors } from '#wiring/actors.ts'
import { effectsOf } from '#wiring/effects.ts'

export const definitions = actors

export interface TestSystemOptions {
  readonly log?: EventLog
  readonly store?: HostStore
  readonly clock?: Clock
  /** As `rate_limits` in the settings, for new members too. Default: no limits. */
  readonly rateLimits?: string
  /** How many failed logins lock. Default: as many as there can be. */
  readonly loginFailures?: number
  readonly mfaRoles?: MembersOptions['mfaRoles']
  /** Default: none comes in. */
  readonly allowsAnonymous?: boolean
  readonly signInSites?: ReadonlyMap<string, SignInSite>
}

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64url')
const MINUTE_MS = 60_000

const UNLIMITED = RATE_ACTIONS.map((action) => `${action}=off`).join(' ')

/**
 * Everything below the gateways and read models, real and in memory: the host with all its
 * actors, the bus fed from the log, the announcer, the login. A section `incoming`, the room
 * `site`. Faults that nobody is told of are collected in `faults`; `stop` throws if there are.
 */
export async function createTestSystem(options: TestSystemOptions = {}) {
  const { log = createMemoryEventLog(), store = createMemoryHostStore() } = options
  const { clock = systemClock } = options
  const faults: unknown[] = []
  const report = (cause: unknown) => void faults.push(cause)
  const registry = new Registry()
  const ids = createUuidV7(clock)
  const bus = createInProcessBus(report)
  const vault = createMemoryVault()
  const passwords = createArgon2Passwords({ memoryKib: 64, passes: 1, scramIterations: 4_096 })
  const host = createHost({
    definitions,
    log,
    store,
    clock,
    registry,
    report: (_, cause) => report(cause),
  })
  const publisher = publishFacts(log, bus, LOG_START, report)
  const consumers = await Promise.all(
    effectsOf(host, log, 0).map((consumer) => runConsumer({ log, store, clock, consumer, report })),
  )
  const rateLimits = createRateLimits({
    clock,
    registry,
    report,
    settings: {
      quotas: readQuotas(options.rateLimits ?? UNLIMITED),
      factors: { ...DEFAULT_FACTORS, new: 1 },
    },
  })
  const context = () => ({ by: null, connection: null, commandId: ids.next() })
  const create = (kind: string, id: string, name = id) =>
    host.send({ kind, id }, { type: `${kind}.create`, name } as never, context())
  await create('site', SITE, 'incoming')
  await create('section', 'incoming')
  await create('room', SITE_ROOM)
  await create('policy', SITE_POLICY)
  const seals = await openSeals({
    vault,
    masterKeys: masterKeysFromSettings([MASTER_KEY]),
    clock,
  })
  const signingKeys = await createSigningKeys({
    book: createSigningBook(host, ids),
    vault,
    seals,
    clock,
    report,
  })
  const tokens = createAccessTokens({
    keys: signingKeys,
    clock,
    ids,
    issuer: 'test',
    stillStands: (claims) => isStillProven(host, provenBy(claims)),
  })
  const oneTimeCodes = createTotpCodes()
  const services = createMembers(
    { host, vault, seals, passwords, tokens, oneTimeCodes, clock, ids, registry },
    {
      attempts: { failures: options.loginFailures ?? 20, windowMs: 15 * MINUTE_MS },
      mfaRoles: options.mfaRoles ?? [],
      allowsAnonymous: options.allowsAnonymous ?? false,
      issuer: 'test',
      refreshMs: 30 * 24 * 60 * MINUTE_MS,
      scramIterations: 4_096,
    },
  )
  const members = createVerifiedMembers({ ...services, tokens, bus, clock })
  await members.start()
  const sites = options.signInSites ?? new Map()
  const signIn = createSignIn({ ...services, host, seals, clock, ids, sites })

  return {
    log,
    store,
    bus,
    host,
    history: host,
    vault,
    passwords,
    ids,
    clock,
    registry,
    faults,
    ...services,
    members,
    seals,
    tokens,
    signingKeys,
    oneTimeCodes,
    inspection: createFileInspection(clock),
    signIn,
    siteUrl: undefined,
    rateLimits,
    logger: pino({ level: 'silent' }),
    node: 'test',
    /** Whatever the password: tests have some that nobody should have. */
    addMember: (member: Partial<AccountToMake> & { name: string }) =>
      makeAccount(
        { host, vault, passwords, ids },
        { password: 'password', group: 'GRP', flags: '3', ...member },
        context(),
      ),
    async stop() {
      await members.stop()
      signingKeys.close()
      for (const consumer of consumers) await consumer.stop()
      await publisher.stop()
      await host.stop()
      await passwords.close()
      await bus.close()
      await log.close()
      if (faults.length > 0) throw new AggregateError(faults, 'faults in the background')
    },
  }
}

export type TestSystem = Awaited<ReturnType<typeof createTestSystem>>
