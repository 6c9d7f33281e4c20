import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'

/** The ids that this process gives. */
export const ids = createUuidV7(systemClock)
