import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client'
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js'
import monitoringGrpc from '@eventstore/db-client/generated/monitoring_grpc_pb.js'
import monitoring from '@eventstore/db-client/generated/monitoring_pb.js'
import operationsGrpc from '@eventstore/db-client/generated/operations_grpc_pb.js'
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js'
import features from '@eventstore/db-client/generated/serverfeatures_pb.js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import usersGrpc from '@eventstore/db-client/generated/users_grpc_pb.js'
import users from '@eventstore/db-client/generated/users_pb.js'
import { credentials, type ServiceError, status } from '@grpc/grpc-js'
import { expect, it } from 'vitest'

import {
  AUDITOR,
  authorization,
  type Credentials,
  MEMBER,
  rawClient,
  SITEOP,
  startDoor,
} from '#test/conformance/eventstore-door.ts'
import { doorPerTest } from '#test/conformance/eventstore-door-per-test.ts'

const door = doorPerTest()

/** The answer of a unary call. */
function answerOf<A>(call: (done: (error: ServiceError | null, answer: A) => void) => unknown) {
  return new Promise<A>((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer)))
  })
}

it('is found by gossip, as the one leader, at the address that the client used', async () => {
  const tls = await startDoor({ tls: true })
  const certificate = Buffer.from(tls.certificate!)
  for (const settings of [
    { endpoints: [{ address: 'localhost', port: tls.port }] },
    { discover: { address: 'localhost', port: tls.port } },
  ]) {
    const client = new EventStoreDBClient(
      settings as { endpoints: { address: string; port: number }[] },
      { rootCertificate: certificate },
      SITEOP,
    )
    await client.appendToStream('thing-1', jsonEvent({ type: 'done', data: {} }))
    await client.dispose()
  }
  expect(await tls.system.log.streamVersion('thing-1')).toBe(1)
  await tls.stop()
})

it('tells one whose authority is none that it is none', async () => {
  const client = new gossipGrpc.GossipClient(
    `127.0.0.1:${door.port}`,
    credentials.createInsecure(),
    { 'grpc.default_authority': 'localhost:99999' },
  )
  const asked = answerOf((done) => client.read(new shared.Empty(), done))
  await expect(asked).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  client.close()
})

it('names the methods that there are, and no others', async () => {
  const client = rawClient(featuresGrpc.ServerFeaturesClient, door)
  const supported = await answerOf<features.SupportedMethods>((done) =>
    client.getSupportedMethods(new shared.Empty(), done),
  )
  client.close()
  const names = supported
    .getMethodsList()
    .map((each) => `${each.getServiceName().split('.').at(-1)}/${each.getMethodName()}`)
  expect(names).toContain('streams/batchappend')
  expect(names).toContain('persistentsubscriptions/getinfo')
  expect(names).toContain('users/details')
  expect(names.filter((name) => /projections|operations|changepassword/.test(name))).toEqual([])
  expect(supported.getEventStoreServerVersion()).toMatch(/^\d+\.\d+\.\d+$/)
})

it('says of other services and methods that they are not there', async () => {
  const operations = rawClient(operationsGrpc.OperationsClient, door)
  const password = rawClient(usersGrpc.UsersClient, door)
  const metadata = authorization(SITEOP)
  await expect(
    answerOf((done) => operations.shutdown(new shared.Empty(), metadata, done)),
  ).rejects.toMatchObject({ code: status.UNIMPLEMENTED })
  await expect(
    answerOf((done) => password.changePassword(new users.ChangePasswordReq(), metadata, done)),
  ).rejects.toMatchObject({
    code: status.UNIMPLEMENTED,
    details: expect.stringContaining('Changing a password'),
  })
  operations.close()
  password.close()
})

it('tells members who they are, and nothing of others', async () => {
  const client = rawClient(usersGrpc.UsersClient, door)
  const detailsOf = async (who: Credentials, asked?: string) => {
    const request = new users.DetailsReq()
    if (asked !== undefined) {
      request.setOptions(new users.DetailsReq.Options().setLoginName(asked))
    }
    const [answer] = (await Array.fromAsync(client.details(request, authorization(who)))) as [
      users.DetailsResp,
    ]
    const user = answer.getUserDetails()!
    return [user.getLoginName(), user.getGroupsList()]
  }
  expect(await detailsOf(SITEOP)).toEqual(['root', ['GRP', '$admins', '$ops', 'AUDITORS']])
  expect(await detailsOf(MEMBER, 'Alice')).toEqual(['alice', ['FRIENDS']])
  await expect(detailsOf(MEMBER, 'bob')).rejects.toMatchObject({ code: status.PERMISSION_DENIED })
  await expect(detailsOf({ username: 'x', password: 'y' })).rejects.toMatchObject({
    code: status.UNAUTHENTICATED,
  })
  client.close()
})

it('gives its figures to auditors, again and again', async () => {
  const client = rawClient(monitoringGrpc.MonitoringClient, door)
  const request = new monitoring.StatsReq().setRefreshTimePeriodInMs('1')
  const call = client.stats(request, authorization(AUDITOR))
  const seen: string[] = []
  for await (const answer of call as AsyncIterable<monitoring.StatsResp>) {
    seen.push(answer.getStatsMap().get('es-log-head')!)
    expect(answer.getStatsMap().get('proc-mem')).toMatch(/^\d+$/)
    if (seen.length === 2) break
  }
  expect(seen[0]).toBe(String(await door.system.log.head()))
  await expect(Array.fromAsync(client.stats(request, authorization(MEMBER)))).rejects.toMatchObject(
    { code: status.PERMISSION_DENIED },
  )
  client.close()
})

it('counts what it does', async () => {
  const client = door.client()
  await client.appendToStream('thing-1', [
    jsonEvent({ type: 'done', data: {} }),
    jsonEvent({ type: 'done', data: {} }),
  ])
  expect(await Array.fromAsync(client.readStream('thing-1'))).toHaveLength(2)
  const text = await door.system.registry.metrics()
  expect(text).toContain('veza_eventstoredb_events_total{direction="in"} 2')
  expect(text).toContain('veza_eventstoredb_events_total{direction="out"} 2')
  expect(text).toMatch(/veza_eventstoredb_connections [1-9]/)
  expect(text).toContain(
    'veza_eventstoredb_calls_total{method="event_store.client.streams.Streams/Read",status="OK"} 1',
  )
})
