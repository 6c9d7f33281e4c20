import type { Deadline, DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  PUBLICATION_LIMITS,
  PUBLICATION_REFUSALS,
  type PublicationCommand,
  type PublicationContext,
} from '#actors/publication/publication.commands.ts'
import type { PublicationDecided } from '#events/publication.facts.ts'
import { Refusal } from '#events/refusal.ts'

export function decidePublication(
  { value, context }: ActorState<PublicationContext>,
  command: PublicationCommand,
  { now }: DecideEnv,
): PublicationDecided[] {
  switch (command.type) {
    case 'publication.schedule': {
      const { section, release, to, dueAtMs } = command
      if (dueAtMs <= now || dueAtMs > now + PUBLICATION_LIMITS.aheadMs) {
        const words = 'A release is published at a time to come, within 90 days.'
        throw new Refusal(PUBLICATION_REFUSALS.invalidTime, words)
      }
      return [{ type: 'publication.scheduled', data: { section, release, to, dueAtMs } }]
    }
    case 'publication.cancel':
      if (value !== 'scheduled') {
        const words = 'No time is set for that release.'
        throw new Refusal(PUBLICATION_REFUSALS.notScheduled, words)
      }
      return [{ type: 'publication.cancelled', data: {} }]
    case 'publication.fall-due':
      if (value !== 'scheduled' || now < context.dueAtMs) return []
      return [{ type: 'publication.fell-due', data: {} }]
    case 'publication.end':
      if (value !== 'due') return []
      if (command.refusal === null) return [{ type: 'publication.done', data: {} }]
      return [{ type: 'publication.failed', data: command.refusal }]
  }
}

export function publicationDeadline({
  value,
  context,
}: ActorState<PublicationContext>): Deadline<PublicationCommand> | undefined {
  if (value !== 'scheduled') return undefined
  return { at: context.dueAtMs, command: { type: 'publication.fall-due' } }
}
