import { type DecideEnv, mayChange } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  SIGNING_KEY_LIMIT,
  SIGNING_REFUSALS,
  type SigningCommand,
  type SigningContext,
} from '#actors/signing/signing.commands.ts'
import { Refusal } from '#events/refusal.ts'
import type { SigningDecided } from '#events/signing.facts.ts'

type AddKey = Extract<SigningCommand, { type: 'signing.add-key' }>

export function decideSigning(
  state: ActorState<SigningContext>,
  command: SigningCommand,
  env: DecideEnv,
): SigningDecided[] {
  const { context } = state
  switch (command.type) {
    case 'signing.add-key': {
      assertAddable(context, command, env)
      const { kid, publicKey, signsFromMs, retiresAtMs } = command
      return [{ type: 'signing.key-added', data: { kid, publicKey, signsFromMs, retiresAtMs } }]
    }
    case 'signing.retire-key': {
      const { kid } = command
      if (!mayChange('', env)) throw notYours()
      if (!context.keys.some((key) => key.kid === kid)) return []
      return [{ type: 'signing.key-retired', data: { kid } }]
    }
  }
}

function assertAddable(context: SigningContext, command: AddKey, env: DecideEnv): void {
  const { kid, after, publicKey, signsFromMs, retiresAtMs } = command
  // Whoever could add a key could sign tokens in anyone's name.
  if (env.by !== null) throw notYours()
  const { keys } = context
  const newest = keys.at(-1)?.kid ?? null
  if (keys.some((key) => key.kid === kid || key.publicKey.x === publicKey.x)) {
    throw new Refusal(SIGNING_REFUSALS.keyExists, `There is a key ${kid}.`, { kid })
  }
  if (after !== newest) {
    throw new Refusal(SIGNING_REFUSALS.superseded, 'Another key was added first.', { newest })
  }
  if (retiresAtMs <= signsFromMs || retiresAtMs <= env.now) {
    throw new Refusal(SIGNING_REFUSALS.invalidKey, 'The key would retire before it signs.')
  }
  if (keys.length >= SIGNING_KEY_LIMIT) {
    throw new Refusal(SIGNING_REFUSALS.tooManyKeys, 'Too many signing keys are in force.')
  }
}

function notYours(): Refusal {
  return new Refusal(SIGNING_REFUSALS.notYours, 'Signing keys are the site’s own.')
}
