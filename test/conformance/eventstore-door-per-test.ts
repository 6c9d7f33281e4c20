import { jsonEvent } from '@eventstore/db-client'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js'
import { afterEach, beforeEach } from 'vitest'

import {
  type DoorOptions,
  rawClient,
  startDoor,
  type TestDoor,
} from '#test/conformance/eventstore-door.ts'

/** A door of its own for each test of the file that calls this: the answer is the one of now. */
export function doorPerTest(): Omit<TestDoor, 'certificate' | 'stop'> {
  let door: TestDoor
  beforeEach(async () => {
    door = await startDoor()
  })
  afterEach(() => door.stop())
  return {
    get system() {
      return door.system
    },
    get port() {
      return door.port
    },
    client: (who) => door.client(who),
    stopServer: () => door.stopServer(),
  }
}

export const identifier = (stream: string) =>
  new shared.StreamIdentifier().setStreamName(Buffer.from(stream))
export const event = (data: unknown = {}) => jsonEvent({ type: 'done', data: data as never })

/** For a file whose tests start doors of different kinds, and speak to the streams by hand too. */
export function rawDoor() {
  let door: TestDoor
  let raw: streamsGrpc.StreamsClient
  afterEach(async () => {
    raw.close()
    await door.stop()
  })
  return {
    async start(options: DoorOptions = {}): Promise<void> {
      door = await startDoor(options)
      raw = rawClient(streamsGrpc.StreamsClient, door)
    },
    get system() {
      return door.system
    },
    get port() {
      return door.port
    },
    get raw() {
      return raw
    },
    client: () => door.client(),
  }
}
