// Checking access tokens: for the first time against Ed25519 alone, and again from memory.
import { createPublicKey, verify as verifySignature } from 'node:crypto'

import { systemClock } from '#infra/clock/system-clock.ts'
import { median, printMachine, printRate } from '#bench/report.ts'
import { ALICE, createTokenSite } from '#test/conformance/tokens.fixture.ts'

const ROUNDS = 5
const LIVE_TOKENS = 1_000
const REPEATS = 200
/** What the issue asks for, with the key at hand: checks a second on one core. */
const AIM = 50_000

const site = await createTokenSite(systemClock)
const keys = await site.startKeys()
const signer = site.tokensOf(keys)
const made: string[] = []
for (let n = 0; n < LIVE_TOKENS; n++) {
  made.push(await signer.sign({ ...ALICE, sub: `member-${n}`, sid: `session-${n}` }))
}
const [jwk] = signer.jwks().keys
const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' })

function rawChecks(): void {
  for (const token of made) {
    const dot = token.lastIndexOf('.')
    const signature = Buffer.from(token.slice(dot + 1), 'base64url')
    if (!verifySignature(null, Buffer.from(token.slice(0, dot)), publicKey, signature)) {
      throw new Error('a token of ours is wrong')
    }
  }
}

/** One after the other, as one client would have them checked. */
async function firstChecks(): Promise<void> {
  const tokens = site.tokensOf(keys)
  for (const token of made) await tokens.verify(token)
}

/** All at once, as many clients would: the signatures are checked on other threads then. */
async function firstChecksTogether(): Promise<void> {
  const tokens = site.tokensOf(keys)
  await Promise.all(made.map((token) => tokens.verify(token)))
}

const known = site.tokensOf(keys)
for (const token of made) await known.verify(token)

// As they come off a socket: a new text each time, so that no hash of it is at hand.
const received = made.flatMap((token) =>
  Array.from({ length: REPEATS / 10 }, () => Buffer.from(token)),
)

function repeatedChecks(): void {
  for (let round = 0; round < 10; round++) {
    for (const bytes of received) {
      if (known.verifyCached(bytes.toString('latin1')) === undefined) {
        throw new Error('a token is not remembered')
      }
    }
  }
}

async function repeatedVerifies(): Promise<void> {
  for (let round = 0; round < 10; round++) {
    for (const bytes of received) await known.verify(bytes.toString('latin1'))
  }
}

interface Figures {
  /** A second of the clock on the wall. */
  readonly perSecond: number
  /** A second of processor time, all threads together: what one core would do. */
  readonly perCoreSecond: number
}

async function rateOf(checks: number, run: () => void | Promise<void>): Promise<Figures> {
  const usage = process.cpuUsage()
  const startedAt = performance.now()
  await run()
  const wallMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(usage)
  return {
    perSecond: checks / (wallMs / 1_000),
    perCoreSecond: checks / ((user + system) / 1_000_000),
  }
}

const cases = {
  raw: () => rateOf(LIVE_TOKENS, rawChecks),
  first: () => rateOf(LIVE_TOKENS, firstChecks),
  together: () => rateOf(LIVE_TOKENS, firstChecksTogether),
  cached: () => rateOf(LIVE_TOKENS * REPEATS, repeatedChecks),
  repeated: () => rateOf(LIVE_TOKENS * REPEATS, repeatedVerifies),
}
type Case = keyof typeof cases
const runs: Record<Case, Figures[]> = { raw: [], first: [], together: [], cached: [], repeated: [] }
// Side by side, round by round; the first round warms up.
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, run] of Object.entries(cases) as [Case, () => Promise<Figures>][]) {
    const figures = await run()
    if (round > 0) runs[name].push(figures)
  }
}

const wall = (name: Case) => median(runs[name].map(({ perSecond }) => perSecond))
const core = (name: Case) => median(runs[name].map(({ perCoreSecond }) => perCoreSecond))
const of = 'of crypto.verify'

printMachine('jose')
console.log(`${LIVE_TOKENS} live tokens of ${made[0]!.length} characters, ${ROUNDS} rounds`)
printRate('crypto.verify alone (floor)', wall('raw'), 'checks/s')
printRate('first check, one after the other', wall('first'), 'checks/s', wall('raw'), of)
printRate('first check, all at once', wall('together'), 'checks/s', wall('raw'), of)
printRate('first check, one core', core('together'), 'checks/s', core('raw'), of)
printRate('again, verifyCached, one core', core('cached'), 'checks/s', AIM, 'of the aim of 50,000')
printRate('again, verify, one core', core('repeated'), 'checks/s', AIM, 'of the aim of 50,000')
keys.close()
await site.host.stop()
