import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'

import { defineCommand } from '#gateways/ws/command.ts'
import { ackFrame, WS_REFUSALS } from '#gateways/ws/replies.ts'

/** The login, for who did not send an `Authorization` header with the upgrade. */
export const authenticate = defineCommand({
  needsLogin: false,
  data: z.union([
    z.object({ token: z.string().min(1).max(8_192) }),
    z.object({
      username: z.string().max(256),
      password: z.string().max(1_024),
      code: z.string().max(64).optional(),
    }),
  ]),
  async run({ frame, data, client }) {
    if (client.connection.member) {
      throw new Refusal(WS_REFUSALS.alreadyAuthenticated, 'You are logged in already.')
    }
    const member = await client.logIn(
      'token' in data
        ? { token: data.token }
        : { name: data.username, secret: data.password, code: data.code },
    )
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
