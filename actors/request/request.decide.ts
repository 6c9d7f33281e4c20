import { type DecideEnv, mayChange } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  REQUEST_REFUSALS,
  type RequestCommand,
  type RequestContext,
} from '#actors/request/request.commands.ts'
import { Refusal } from '#events/refusal.ts'
import type { RequestDecided } from '#events/request.facts.ts'

export function decideRequest(
  { value, context }: ActorState<RequestContext>,
  command: RequestCommand,
  env: DecideEnv,
): RequestDecided[] {
  if (command.type === 'request.make') {
    const { name, section } = command
    if (value === 'open') {
      const words = `${context.name} is asked for already, by ${context.by}.`
      const fields = { member: context.by, name: context.name }
      throw new Refusal(REQUEST_REFUSALS.requestExists, words, fields)
    }
    return [{ type: 'request.made', data: { name, section } }]
  }
  if (value !== 'open') {
    throw new Refusal(REQUEST_REFUSALS.noSuchRequest, 'There is no such request.')
  }
  if (command.type === 'request.fill') {
    return [{ type: 'request.filled', data: { path: command.path } }]
  }
  if (!mayChange(context.by, env)) {
    const words = `The request of ${context.name} is ${context.by}'s.`
    throw new Refusal(REQUEST_REFUSALS.notYours, words, { member: context.by })
  }
  return [{ type: 'request.withdrawn', data: {} }]
}
