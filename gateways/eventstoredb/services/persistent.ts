import { ALL_STREAM, assertAccess, denied, isAdmin } from '#gateways/eventstoredb/access.ts'
import { decodeCount, decodeStream, invalid } from '#gateways/eventstoredb/codec.ts'
import { forMembers, type MemberCall, type Method } from '#gateways/eventstoredb/command.ts'
import { Refusal } from '#events/refusal.ts'
import { consume } from '#gateways/eventstoredb/persistent/consuming.ts'
import type { Groups } from '#gateways/eventstoredb/persistent/groups.ts'
import { encodeInfo } from '#gateways/eventstoredb/persistent/info.ts'
import {
  decodeChange,
  decodeName,
  resolveStart,
} from '#gateways/eventstoredb/persistent/requests.ts'
import {
  persistent,
  PersistentSubscriptionsService as Service,
  shared,
} from '#gateways/eventstoredb/protocol.ts'
import { DOOR_REFUSALS } from '#gateways/eventstoredb/replies.ts'

/** Where clients look whether groups of `$all` are to be had too. */
const BOTH = ['stream', 'all']

/**
 * Admins make, change and end groups, also where nobody may append: what is kept of a group
 * changes nobody's history. Whoever may read a stream may read a group of it.
 */
export function persistentMethods(groups: Groups): readonly Method[] {
  return [...changes(groups), ...questions(groups), reading(groups)]
}

async function assertAdmin({ door, member }: MemberCall): Promise<void> {
  if (await isAdmin(door.policy, member)) return
  throw denied('Persistent subscriptions are for admins to make.')
}

function changes(groups: Groups): readonly Method[] {
  const create = forMembers(
    Service.create,
    'unary',
    async (request, call) => {
      await assertAdmin(call)
      await groups.create(await resolveStart(call.door.log, decodeChange(request.getOptions())))
      return new persistent.CreateResp()
    },
    BOTH,
  )
  const update = forMembers(
    Service.update,
    'unary',
    async (request, call) => {
      await assertAdmin(call)
      const change = decodeChange(request.getOptions())
      await groups.update(change, async ({ filter }) => ({
        ...(await resolveStart(call.door.log, change)),
        // An update has no words for a filter: it stays.
        ...(filter && { filter }),
      }))
      return new persistent.UpdateResp()
    },
    BOTH,
  )
  const remove = forMembers(
    Service.delete,
    'unary',
    async (request, call) => {
      await assertAdmin(call)
      await groups.delete(decodeName(request.getOptions()))
      return new persistent.DeleteResp()
    },
    BOTH,
  )
  const replayParked = forMembers(
    Service.replayParked,
    'unary',
    async (request, call) => {
      await assertAdmin(call)
      const options = request.getOptions()
      const group = groups.find(decodeName(options))
      await group.replayParked(
        options?.hasStopAt() ? decodeCount(options.getStopAt()) : Number.POSITIVE_INFINITY,
      )
      return new persistent.ReplayParkedResp()
    },
    BOTH,
  )
  const restart = forMembers(Service.restartSubsystem, 'unary', async (_, call) => {
    await assertAdmin(call)
    await groups.restart()
    return new shared.Empty()
  })
  return [create, update, remove, replayParked, restart]
}

function questions(groups: Groups): readonly Method[] {
  const getInfo = forMembers(
    Service.getInfo,
    'unary',
    async (request, call) => {
      const name = decodeName(request.getOptions())
      await assertAccess(call.door, call.member, 'read', name.stream)
      const group = groups.find(name)
      const info = encodeInfo(group, await groups.parkedCount(name))
      return new persistent.GetInfoResp().setSubscriptionInfo(info)
    },
    BOTH,
  )
  const list = forMembers(
    Service.list,
    'unary',
    async (request, call) => {
      const stream = decodeListed(request.getOptions())
      await assertAccess(call.door, call.member, 'read', stream ?? ALL_STREAM)
      const found = groups.list(stream)
      if (stream !== undefined && found.length === 0) {
        const words = `${stream} has no groups.`
        throw new Refusal(DOOR_REFUSALS.groupUnknown, words, { stream, group: '' })
      }
      const infos = found.map(async (group) =>
        encodeInfo(group, await groups.parkedCount(group.config)),
      )
      return new persistent.ListResp().setSubscriptionsList(await Promise.all(infos))
    },
    BOTH,
  )
  return [getInfo, list]
}

/** The stream whose groups are asked for; undefined for all groups. */
function decodeListed(options: persistent.ListReq.Options | undefined): string | undefined {
  const listed = options?.getListForStream()
  if (!listed) return undefined
  return listed.hasAll() ? ALL_STREAM : decodeStream(listed.getStream())
}

function reading(groups: Groups): Method {
  return forMembers(
    Service.read,
    'bidi',
    async (messages, outlet, call) => {
      const requests = messages[Symbol.asyncIterator]()
      const first = await requests.next()
      const options = first.done ? undefined : first.value.getOptions()
      if (!options) throw invalid('A consumer says first which group it reads.')
      const name = decodeName(options)
      await assertAccess(call.door, call.member, 'read', name.stream)
      await consume(groups.find(name), options, { requests, outlet, call })
    },
    BOTH,
  )
}
