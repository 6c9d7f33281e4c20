import { once } from 'node:events'

import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client'
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import { status } from '@grpc/grpc-js'
import { beforeEach, describe, expect, it } from 'vitest'

import type { TokenScope } from '#actors/account/account.commands.ts'
import {
  AUDITOR,
  connect,
  type Credentials,
  MEMBER,
  rawClient,
  SITEOP,
  startDoor,
} from '#test/conformance/eventstore-door.ts'
import { doorPerTest } from '#test/conformance/eventstore-door-per-test.ts'

const door = doorPerTest()

const BOB: Credentials = { username: 'bob', password: 'password' }
const event = jsonEvent({ type: 'done', data: {} })
const read = (who: Credentials, stream: string) =>
  Array.fromAsync(door.client(who).readStream(stream))
const DENIED = { type: 'access-denied' }

describe('who', () => {
  it.each([
    ['a wrong password', { username: 'root', password: 'wrong' }],
    ['an unknown name', { username: 'nobody', password: 'password' }],
    ['an empty name', { username: '', password: '' }],
  ])('with %s is not let in', async (_, who) => {
    await expect(read(who, 'section-incoming')).rejects.toMatchObject({
      type: 'access-denied',
      code: status.UNAUTHENTICATED,
    })
    const appending = door.client(who).appendToStream('thing-1', event, { credentials: who })
    await expect(appending).rejects.toMatchObject({ code: status.UNAUTHENTICATED })
  })

  it('shows no credentials is not let in, as EventStoreDB’s client over cleartext', async () => {
    const plain = new EventStoreDBClient(
      { endpoint: { address: 'localhost', port: door.port } },
      { insecure: true },
      SITEOP,
    )
    await expect(Array.fromAsync(plain.readStream('section-incoming'))).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
    })
    const gossip = rawClient(gossipGrpc.GossipClient, door)
    const info = await new Promise<{ getMembersList(): unknown[] }>((resolve, reject) => {
      gossip.read(new shared.Empty(), (error, answer) => (error ? reject(error) : resolve(answer)))
    })
    expect(info.getMembersList()).toHaveLength(1)
    gossip.close()
    await plain.dispose()
  })

  it('has a new password is let in with it alone, at once', async () => {
    const { system } = door
    expect(await read(AUDITOR, 'section-incoming')).toHaveLength(1)
    const credential = system.ids.next()
    await system.vault.put(`credential:${credential}`, await system.passwords.hash('another one'))
    await system.host.send(
      { kind: 'account', id: 'aud' },
      { type: 'account.set-password', credential } as never,
      { by: 'root', flags: '1', connection: null, commandId: system.ids.next() },
    )
    await expect
      .poll(() =>
        read(AUDITOR, 'section-incoming').then(
          () => 'in',
          () => 'out',
        ),
      )
      .toBe('out')
    expect(await read({ ...AUDITOR, password: 'another one' }, 'section-incoming')).toHaveLength(1)
  })
})

describe('without an $acl', () => {
  it('auditors read and nothing else; others nothing', async () => {
    await door.client().appendToStream('thing-1', event)
    await door.client().setStreamMetadata('thing-1', { mine: 1 })
    const auditor = door.client(AUDITOR)
    for (const stream of ['thing-1', '$$thing-1', '$ce-thing']) {
      expect((await read(AUDITOR, stream)).length).toBeGreaterThan(0)
      await expect(read(MEMBER, stream)).rejects.toMatchObject(DENIED)
    }
    expect((await Array.fromAsync(auditor.readAll())).length).toBeGreaterThan(2)
    await expect(Array.fromAsync(door.client(BOB).readAll())).rejects.toMatchObject(DENIED)
    const subscription = door.client(BOB).subscribeToAll()
    await expect(once(subscription, 'caughtUp')).rejects.toMatchObject(DENIED)
    for (const refused of [
      () => auditor.appendToStream('thing-1', event),
      () => auditor.appendToStream('thing-1', event, { credentials: AUDITOR }),
      () => auditor.setStreamMetadata('thing-1', {}),
      () => auditor.deleteStream('thing-1'),
      () => auditor.tombstoneStream('thing-1'),
    ]) {
      await expect(refused()).rejects.toMatchObject(DENIED)
    }
    expect(await door.system.log.streamVersion('thing-1')).toBe(0)
  })
})

describe('an $acl', () => {
  const allow = (acl: object) => door.client().setStreamMetadata('thing-1', { acl } as never)
  beforeEach(async () => {
    await door.client().appendToStream('thing-1', event)
  })

  it.each([
    ['a name', { readRoles: ['alice'] }, true, false],
    ['a group', { readRoles: ['FRIENDS'] }, true, false],
    ['everybody', { readRoles: '$all' }, true, true],
    ['another', { readRoles: ['carol'] }, false, false],
    ['siteops', { readRoles: ['$admins'] }, false, false],
    ['nobody', { readRoles: [] }, false, false],
  ])('lets %s read', async (_, acl, alice, bob) => {
    await allow(acl)
    const may = (who: Credentials) =>
      read(who, 'thing-1').then(
        () => true,
        () => false,
      )
    expect(await Promise.all([may(MEMBER), may(BOB), may(SITEOP)])).toEqual([alice, bob, true])
    expect(await may(AUDITOR)).toBe(bob)
    await expect(read(MEMBER, '$$thing-1')).rejects.toMatchObject(DENIED)
  })

  it('lets nobody read or write by a token that is for something else', async () => {
    await allow({ readRoles: '$all', writeRoles: '$all' })
    const { apiTokens, ids } = door.system
    const withToken = async (scopes: readonly TokenScope[]): Promise<Credentials> => {
      const context = { by: 'alice', connection: null, commandId: ids.next() }
      const token = { label: 'x', scopes, expiresAt: null }
      const { text: password } = await apiTokens.create('alice', token, context)
      return { username: 'alice', password }
    }
    const [chatter, reader] = [await withToken(['chat']), await withToken(['audit'])]
    await expect(read(chatter, 'thing-1')).rejects.toMatchObject(DENIED)
    expect(await read(reader, 'thing-1')).toHaveLength(1)
    const appending = door.client(reader).appendToStream('thing-1', event)
    await expect(appending).rejects.toMatchObject(DENIED)
  })

  it('lets write, delete and describe, each by its own list', async () => {
    await allow({ writeRoles: ['alice'], metaReadRoles: ['alice'] })
    const alice = door.client(MEMBER)
    await alice.appendToStream('thing-1', event, { expectedRevision: 0n })
    expect((await alice.getStreamMetadata('thing-1')).metadata).toMatchObject({})
    await expect(alice.setStreamMetadata('thing-1', {})).rejects.toMatchObject(DENIED)
    await expect(alice.deleteStream('thing-1')).rejects.toMatchObject(DENIED)
    await allow({ deleteRoles: ['alice'], metaWriteRoles: ['alice'] })
    await expect(alice.appendToStream('thing-1', event)).rejects.toMatchObject(DENIED)
    await alice.setStreamMetadata('thing-1', { acl: { deleteRoles: 'alice' } } as never)
    await alice.deleteStream('thing-1')
  })

  it('hides what a link leads to from who may not read it', async () => {
    await door.client().appendToStream('open-1', {
      ...jsonEvent({ type: '$>', data: '0@thing-1' }),
    })
    await door.client().setStreamMetadata('open-1', { acl: { readRoles: '$all' } } as never)
    const resolved = (who: Credentials) =>
      Array.fromAsync(door.client(who).readStream('open-1', { resolveLinkTos: true }))
    expect((await resolved(SITEOP))[0]!.event).toMatchObject({ streamId: 'thing-1' })
    const [hidden] = await resolved(BOB)
    expect([hidden!.event, hidden!.link!.streamId]).toEqual([undefined, 'open-1'])
  })
})

describe('a door that takes nothing in', () => {
  it('lets siteops read and make groups, and nobody write, whatever an $acl says', async () => {
    const closed = await startDoor({ system: door.system, allowsWrites: false })
    const metadata = { custom: { $acl: { $w: ['alice', '$admins'] } } }
    await door.system.log.writeMetadata('section-incoming', metadata)
    for (const who of [SITEOP, MEMBER]) {
      const client = connect(closed.port, who)
      await expect(client.appendToStream('section-incoming', event)).rejects.toMatchObject(DENIED)
      await expect(client.deleteStream('section-incoming')).rejects.toMatchObject(DENIED)
      await expect(client.tombstoneStream('section-incoming')).rejects.toMatchObject(DENIED)
      await client.dispose()
    }
    expect(await Array.fromAsync(closed.client().readStream('section-incoming'))).toHaveLength(1)
    await closed.stop()
  })
})

describe('streams that the server keeps', () => {
  it.each([
    '$ce-thing',
    '$all',
    '$persistentSubscriptionConfig',
    '$$$persistentsubscription-thing-1::g-parked',
  ])('%s is not written by clients', async (stream) => {
    const type = stream.startsWith('$$') ? '$metadata' : 'done'
    const appending = door.client().appendToStream(stream, jsonEvent({ type, data: {} }))
    await expect(appending).rejects.toMatchObject(DENIED)
  })
})
