import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'

import { defineCommand } from '#gateways/ws/command.ts'
import { ackFrame, WS_REFUSALS } from '#gateways/ws/replies.ts'

/** The login, for who did not send HTTP Basic with the upgrade. */
export const authenticate = defineCommand({
  needsLogin: false,
  data: z.object({ username: z.string().max(256), password: z.string().max(1_024) }),
  async run({ frame, data, client }) {
    if (client.connection.member) {
      throw new Refusal(WS_REFUSALS.alreadyAuthenticated, 'You are logged in already.')
    }
    const member = await client.logIn(data.username, data.password)
    return { frame: ackFrame(frame.id, { member: member.id, name: member.name }) }
  },
})

/** Answers at once; the WebSocket's own pings need no frame. */
export const ping = defineCommand({
  needsLogin: false,
  cost: 0.2,
  data: z.unknown(),
  run: ({ frame }) => ({
    frame: { type: 'pong', ...(frame.id !== undefined && { id: frame.id }) },
  }),
})
