import type { AdmissionLimits } from '#gateways/kernel/admission.ts'
import type { Rate } from '#gateways/kernel/token-bucket.ts'

export interface WsLimits extends AdmissionLimits {
  /** Bytes of one frame; a larger one closes the socket (RFC 6455 section 7.4.1, 1009). */
  readonly frameBytes: number
  /** Frames received and not yet handled. */
  readonly queuedFrames: number
  readonly subscriptions: number
  /** Bytes on their way to one client, beyond which facts wait in the log. */
  readonly bufferBytes: number
  /** Bytes of answers and facts on their way, beyond which the socket is closed. */
  readonly backpressureBytes: number
  readonly frames: Rate
  /** Silence, pongs included, after which the socket is closed; pings are sent before. */
  readonly idleTimeoutSeconds: number
}

export const DEFAULT_WS_LIMITS: WsLimits = {
  connections: 10_000,
  connectionsPerAddress: 5_000,
  unregistered: 512,
  frameBytes: 16 * 1024,
  queuedFrames: 64,
  subscriptions: 32,
  bufferBytes: 256 * 1024,
  backpressureBytes: 2 * 1024 * 1024,
  frames: { burst: 100, perSecond: 20 },
  idleTimeoutSeconds: 60,
}
