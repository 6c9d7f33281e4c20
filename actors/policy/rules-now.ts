import type { ActorHost } from '#actors/kernel/host.ts'
import { type PolicyContext, SITE_POLICY } from '#actors/policy/policy.commands.ts'
import { createRulesInForce, type RulesInForce } from '#actors/policy/rules-in-force.ts'

/** The rights of the site as they are at each asking; read anew only when they have changed. */
export function createRulesNow(host: ActorHost): () => Promise<RulesInForce> {
  let known: { readonly version: number; readonly rules: RulesInForce } | undefined
  return async () => {
    const ref = { kind: 'policy', id: SITE_POLICY }
    const { context, version } = await host.state<PolicyContext>(ref)
    if (known?.version !== version) {
      known = { version, rules: createRulesInForce(context.rights) }
    }
    return known.rules
  }
}
