import { Refusal } from '#events/refusal.ts'

import type { GroupName } from '#gateways/eventstoredb/persistent/settings.ts'
import type { DOOR_REFUSALS } from '#gateways/eventstoredb/replies.ts'

type Code = (typeof DOOR_REFUSALS)[keyof typeof DOOR_REFUSALS]

/** A "no" that is about a group. `what` ends the sentence that the group begins. */
export function groupRefusal({ stream, group }: GroupName, code: Code, what: string): Refusal {
  return new Refusal(code, `The group ${group} of ${stream} ${what}.`, {
    stream,
    group,
    reason: what,
  })
}
