import { eventLogSuite } from '#test/conformance/event-log.case.ts'
import { lmdbSubject, memorySubject } from '#test/conformance/event-log-subjects.ts'

eventLogSuite('memory', memorySubject)

// Indexed at each append, every third, and never before the end: where a fact is found differs.
for (const indexEvery of [1, 3, 8_192]) {
  eventLogSuite(`lmdb, indexed every ${indexEvery}`, () => lmdbSubject(indexEvery))
}
