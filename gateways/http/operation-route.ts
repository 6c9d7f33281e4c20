import { z } from 'zod'

import type { TokenScope } from '#actors/account/account.commands.ts'
import { scopeOf } from '#actors/policy/actions.ts'
import type { Member } from '#gateways/kernel/login.ts'
import { type Caller, type Operation, perform } from '#gateways/members/administration/operation.ts'
import { OPERATIONS, type OperationName } from '#gateways/members/administration/operations.ts'

import { empty, json } from '#gateways/http/codec.ts'
import {
  type HttpRequestContext,
  memberRoute,
  type Method,
  partsOf,
  type Route,
} from '#gateways/http/command.ts'

/** An operation as a route: parts of the path are its parameters, the rest is query or body. */
export interface OperationRoute {
  readonly method: Method
  /** Its `:name` parts are named as the operation's parameters. */
  readonly pattern: string
  readonly operation: OperationName
  /** The parameter that is the member who asks. */
  readonly own?: string
  /** The parameter that is the member who asks where nothing is said. */
  readonly ownUnlessSaid?: string
  /** Default 200; 204 does not tell the result. */
  readonly status?: 200 | 201 | 204
  /** Default: that of the right which the operation needs. */
  readonly scope?: TokenScope | null
}

export function operationRoutes(tag: string, routes: readonly OperationRoute[]): Route[] {
  return routes.map((route) => operationRoute(tag, route))
}

function operationRoute(tag: string, given: OperationRoute): Route {
  const { method, pattern, status = 200 } = given
  const operation: Operation = OPERATIONS[given.operation]
  const isRead = method === 'GET'
  const rest = restOf(given)
  const parts = partsOf(pattern)
  const scope = scopeNeeded(given, operation)
  return memberRoute({
    method,
    pattern,
    access: 'members',
    summary: operation.summary,
    tags: [tag],
    ...(scope !== undefined && { scope }),
    ...(parts.length > 0 && { parameters: shapeOf(operation).pick(named(parts)).required() }),
    ...(rest && (isRead ? { query: rest } : { body: rest })),
    replies: { [status]: status === 204 ? 'empty' : operation.result },
    async run(context, member) {
      const asked: unknown = isRead ? context.query : context.body
      const params = {
        ...(given.ownUnlessSaid !== undefined && { [given.ownUnlessSaid]: member.id }),
        ...(asked as object | undefined),
        ...(context.parameters as object),
        ...(given.own !== undefined && { [given.own]: member.id }),
      }
      const caller = isRead ? readerOf(context, member) : await writerOf(context, member)
      const result = await perform(context.deps, operation, params, caller)
      return status === 204 ? empty() : json(result, status)
    },
  })
}

function scopeNeeded({ scope }: OperationRoute, { action }: Operation) {
  return scope === undefined && action !== undefined ? scopeOf(action) : scope
}

function shapeOf({ params }: Operation): z.ZodObject {
  if (params instanceof z.ZodObject) return params
  throw new TypeError('the parameters of an operation are an object')
}

/** The types know no names of the parameters of some operation. */
function named(names: readonly string[]): Record<string, never> {
  return Object.fromEntries(names.map((name) => [name, true])) as Record<string, never>
}

/** What the path and the one who asks leave open; undefined: nothing. */
function restOf({ method, pattern, operation, own, ownUnlessSaid }: OperationRoute) {
  const params = shapeOf(OPERATIONS[operation])
  const known = [...partsOf(pattern), ...(own === undefined ? [] : [own])]
  const rest = params.omit(named(known))
  if (Object.keys(rest.shape).length === 0) return undefined
  const open = ownUnlessSaid === undefined ? rest : rest.partial(named([ownUnlessSaid]))
  // Where nothing must be said, there need not be a body.
  return method !== 'GET' && open.safeParse({}).success ? open.optional() : open
}

/** Nothing that is asked for by GET sends a command. */
function readerOf({ call, commandId }: HttpRequestContext, member: Member): Caller {
  const { id: by, flags } = member
  const origin = { gateway: 'http', address: call.address } as const
  const context = (step?: string) => ({ by, flags, connection: null, commandId: commandId(step) })
  return { member, origin, context }
}

async function writerOf(request: HttpRequestContext, member: Member): Promise<Caller> {
  const reader = readerOf(request, member)
  const { address } = request.call
  const connection = await request.visits.of(member, { gateway: 'http', address })
  // One request may send several commands: its id ties them together.
  const correlationId = request.call.id
  const context = (step?: string) => ({ ...reader.context(step), connection, correlationId })
  return { ...reader, context }
}
