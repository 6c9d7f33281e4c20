import { describe } from 'vitest'

import { appendSuite } from '#test/conformance/event-log-append.case.ts'
import type { CreateSubject } from '#test/conformance/event-log-fixture.ts'
import { endedSuite } from '#test/conformance/event-log-ended.case.ts'
import { modelSuite } from '#test/conformance/event-log-model.case.ts'
import { readSuite } from '#test/conformance/event-log-read.case.ts'
import { recordsSuite } from '#test/conformance/event-log-records.case.ts'
import { subscribeSuite } from '#test/conformance/event-log-subscribe.case.ts'

export type { EventLogSubject } from '#test/conformance/event-log-fixture.ts'

/** What every event log must do. A new implementation calls this with its own `create`. */
export function eventLogSuite(name: string, create: CreateSubject): void {
  describe(`event log: ${name}`, () => {
    appendSuite(create)
    readSuite(create)
    recordsSuite(create)
    endedSuite(create)
    subscribeSuite(create)
    modelSuite(create)
  })
}
