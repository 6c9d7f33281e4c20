import { json } from '#gateways/http/codec.ts'
import type { OpenRoute } from '#gateways/http/command.ts'

/** The process serves: nothing more is said, so that a full disk does not get it restarted. */
export const healthz: OpenRoute = {
  pattern: '/healthz',
  access: 'everyone',
  run: () => json({ status: 'ok' }),
}

/** Whether the server can take work, with the parts that cannot. */
export const readyz: OpenRoute = {
  pattern: '/readyz',
  access: 'everyone',
  run({ ready }) {
    const { ok, parts } = ready()
    return json({ status: ok ? 'ready' : 'not-ready', parts }, ok ? 200 : 503)
  },
}

/** Prometheus' text format. */
export const metrics: OpenRoute = {
  pattern: '/metrics',
  access: 'metrics',
  async run({ registry }) {
    return { status: 200, type: registry.contentType, body: await registry.metrics() }
  },
}
