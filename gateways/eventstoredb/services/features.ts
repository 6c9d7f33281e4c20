import { forEveryone, type Method } from '#gateways/eventstoredb/command.ts'
import { features, ServerFeaturesService } from '#gateways/eventstoredb/protocol.ts'

/** The version of EventStoreDB whose protocol this is. Clients read it as three numbers. */
const PROTOCOL_VERSION = '23.10.0'

/** Tells which methods there are; names are in lower case, as EventStoreDB has them. */
export function supportedMethods(methods: readonly Method[]): Method {
  return forEveryone(ServerFeaturesService.getSupportedMethods, 'unary', async () => {
    const list = methods.map(({ path, features: names }) => {
      const [, service, method] = path.toLowerCase().split('/')
      return new features.SupportedMethod()
        .setServiceName(service!)
        .setMethodName(method!)
        .setFeaturesList([...names])
    })
    return new features.SupportedMethods()
      .setEventStoreServerVersion(PROTOCOL_VERSION)
      .setMethodsList(list)
  })
}
