import { z } from 'zod'

import { json } from '#gateways/http/codec.ts'
import { openRoute } from '#gateways/http/command.ts'

/** The process serves: nothing more is said, so that a full disk does not get it restarted. */
export const healthz = openRoute({
  method: 'GET',
  pattern: '/healthz',
  access: 'everyone',
  summary: 'Whether the process serves',
  tags: ['service'],
  replies: { 200: z.object({ status: z.literal('ok') }) },
  run: () => json({ status: 'ok' }),
})

const readiness = z.object({
  status: z.enum(['ready', 'not-ready']),
  parts: z.looseObject({}).describe('by name, each as it describes itself'),
})

/** Whether the server can take work, with the parts that cannot. */
export const readyz = openRoute({
  method: 'GET',
  pattern: '/readyz',
  access: 'everyone',
  summary: 'Whether the server can take work, and which part cannot',
  tags: ['service'],
  replies: { 200: readiness, 503: readiness },
  run({ ready }) {
    const { ok, parts } = ready()
    return json({ status: ok ? 'ready' : 'not-ready', parts }, ok ? 200 : 503)
  },
})

/** Prometheus' text format. */
export const metrics = openRoute({
  method: 'GET',
  pattern: '/metrics',
  access: 'metrics',
  summary: "The metrics, in Prometheus' text format",
  tags: ['service'],
  replies: { 200: 'text' },
  async run({ registry }) {
    return { status: 200, type: registry.contentType, body: await registry.metrics() }
  },
})
