import { defineActor } from '#actors/kernel/define-actor.ts'
import { policyCommands } from '#actors/policy/policy.commands.ts'
import { decidePolicyRights } from '#actors/policy/policy.decide.ts'
import { policyMachine } from '#actors/policy/policy.machine.ts'
import { policyFacts } from '#events/policy.facts.ts'

export const policyActor = defineActor({
  kind: 'policy',
  machine: policyMachine,
  facts: policyFacts,
  commands: policyCommands,
  decide: decidePolicyRights,
  snapshotEvery: 100,
  passivateAfterMs: 3_600_000,
  snapshotSchema: 1,
})
