import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'
import type { Followed } from '#gateways/kernel/follow.ts'

import { FRAME_REFUSALS } from '#gateways/ws/codec.ts'
import { defineCommand } from '#gateways/ws/command.ts'
import { ackFrame, WS_REFUSALS } from '#gateways/ws/replies.ts'
import { mayFollow } from '#gateways/ws/visibility.ts'

const what = z.union([
  z.object({ stream: z.string().min(3).max(400) }),
  z.object({ kinds: z.array(z.string().max(32)).min(1).max(8) }),
])

/** `after`: the last position that the client has; without it, only what is new comes. */
const subscription = what.and(z.object({ after: z.number().int().nonnegative().optional() }))

/**
 * Follows one stream or whole kinds. The ack tells the log's head; then come the facts after
 * `after` in log order, and a `live` frame once all that was recorded has been sent.
 */
export const subscribe = defineCommand({
  needsLogin: true,
  data: subscription,
  async run({ frame, data, client }) {
    const { id } = frame
    if (id === undefined) {
      throw new Refusal(FRAME_REFUSALS.invalidFrame, 'A subscription needs an id.')
    }
    const followed: Followed =
      'stream' in data ? { stream: data.stream } : { kinds: [...new Set(data.kinds)] }
    if (!mayFollow(followed, await client.viewer())) {
      throw new Refusal(WS_REFUSALS.forbidden, 'You may not follow that.')
    }
    // Registered before the head is read: what is recorded in between is not missed.
    const added = client.subscriptions.add(id, followed)
    try {
      const position = await client.deps.log.head()
      const after = data.after ?? position
      if (after > position) {
        throw new Refusal(WS_REFUSALS.unknownPosition, 'The log has not come so far.')
      }
      return {
        frame: ackFrame(id, { subscription: id, position }),
        after: () => added.start(after, position),
      }
    } catch (error) {
      client.subscriptions.remove(id)
      throw error
    }
  },
})

export const unsubscribe = defineCommand({
  needsLogin: true,
  data: z.object({ subscription: z.union([z.string(), z.number()]) }),
  run({ frame, data, client }) {
    if (!client.subscriptions.remove(data.subscription)) {
      throw new Refusal(WS_REFUSALS.noSuchSubscription, 'There is no such subscription.')
    }
    return { frame: ackFrame(frame.id, { subscription: data.subscription }) }
  },
})
