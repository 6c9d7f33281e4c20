import {
  type AllStreamResolvedEvent,
  type EventStoreDBClient,
  jsonEvent,
  type PersistentSubscriptionToStreamSettings,
  persistentSubscriptionToStreamSettingsFromDefaults as streamSettings,
  START,
} from '@eventstore/db-client'

export type Received = AllStreamResolvedEvent & { readonly retryCount: number }
export type Subscription = ReturnType<
  EventStoreDBClient['subscribeToPersistentSubscriptionToStream']
>

/** Reads the group `g` of a stream. */
export function readGroup(
  by: EventStoreDBClient,
  stream = 'thing-1',
  bufferSize = 10,
): Subscription {
  if (stream !== '$all') {
    return by.subscribeToPersistentSubscriptionToStream(stream, 'g', { bufferSize })
  }
  const subscription: unknown = by.subscribeToPersistentSubscriptionToAll('g', { bufferSize })
  return subscription as Subscription
}

/** The next messages. */
export async function next(subscription: Subscription, count = 1): Promise<Received[]> {
  const got: Received[] = []
  for await (const received of subscription.iterator({ destroyOnReturn: false })) {
    got.push(received as Received)
    if (got.length === count) break
  }
  return got
}

export const nOf = ({ event }: Received) => (event!.data as { n: number }).n

/** What tests do with groups, by the client of the moment. */
export function groupTools(client: () => EventStoreDBClient) {
  const info = () => client().getPersistentSubscriptionToStreamInfo('thing-1', 'g')
  return {
    write: (stream: string, ...ns: number[]) =>
      client().appendToStream(
        stream,
        ns.map((n) => jsonEvent({ type: 'counted', data: { n } })),
      ),
    /** Makes the group `g`, from the start unless the settings say otherwise. */
    create: (settings: Partial<PersistentSubscriptionToStreamSettings> = {}, stream = 'thing-1') =>
      client().createPersistentSubscriptionToStream(
        stream,
        'g',
        streamSettings({ startFrom: START, ...settings }),
      ),
    info,
    /** Asks until it is so: settlements are not answered. */
    async until(isSo: (given: Awaited<ReturnType<typeof info>>) => boolean) {
      for (;;) {
        const given = await info()
        if (isSo(given)) return given
      }
    },
  }
}
