// A process of its own for bench/log.ts: the door on a log in the folder that it is given. Tells
// its parent the port, and ends with it.
import { Registry } from 'prom-client'

import { createEventStoreGateway } from '#gateways/eventstoredb/server.ts'
import { createTestSystem } from '#test/harness.ts'

import { openLog } from '#bench/log.stores.ts'

// The accounts are in a log of their own, so that nothing but the door works on this one.
const system = await createTestSystem()
await system.addMember({ name: 'root', flags: '13' })
const log = openLog(process.argv[2]!)
const door = createEventStoreGateway(
  { ...system, log, registry: new Registry() },
  { host: '127.0.0.1', port: 0, allowsWrites: true },
)
const { port } = await door.start()
process.send!(port)
process.once('disconnect', () => void stop())

async function stop(): Promise<void> {
  await door.stop(1_000)
  await log.close()
  await system.stop()
}
