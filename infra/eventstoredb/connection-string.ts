/** Where an EventStoreDB is and how it is spoken to, as its connection string says. */
export interface ServerAddress {
  readonly hosts: readonly { readonly address: string; readonly port: number }[]
  /** Whether the one host is a DNS name for all nodes of a cluster. */
  readonly isDiscovered: boolean
  readonly credentials?: Credentials
  readonly isTls: boolean
  readonly verifiesCertificate: boolean
  readonly caFile?: string
  readonly userCertFile?: string
  readonly userKeyFile?: string
  readonly connectionName?: string
  /** Milliseconds, but for the gossip's timeout, which EventStoreDB counts in seconds. */
  readonly numbers: Readonly<Partial<Record<NumberKey, number>>>
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

const NUMBER_KEYS = [
  'maxDiscoverAttempts',
  'discoveryInterval',
  'gossipTimeout',
  'keepAliveInterval',
  'keepAliveTimeout',
  'defaultDeadline',
] as const
type NumberKey = (typeof NUMBER_KEYS)[number]

const OTHER_KEYS = [
  'tls',
  'tlsVerifyCert',
  'tlsCAFile',
  'userCertFile',
  'userKeyFile',
  'connectionName',
  'nodePreference',
  'throwOnAppendFailure',
] as const

const NAMES = new Map([...NUMBER_KEYS, ...OTHER_KEYS].map((key) => [key.toLowerCase(), key]))

const FORM =
  /^(?:esdb|kurrentdb)(?<discover>\+discover)?:\/\/(?:(?<user>[^:@/?]+):(?<password>[^/?]*)@)?(?<hosts>[^/?@]+)\/?(?:\?(?<query>.*))?$/

const DEFAULT_PORT = 2113

/**
 * Reads `esdb://user:password@host:2113,other:2113?tls=true&tlsCAFile=…`. The client's own reader
 * ignores `tlsVerifyCert` and misspelt options with a line on the console; here they count.
 * Throws an `Error` that says what is wrong and never repeats the password.
 */
export function parseConnectionString(url: string): ServerAddress {
  const { discover, user, password, hosts, query } = FORM.exec(url.trim())?.groups ?? {}
  if (!hosts) throw new Error('not an EventStoreDB connection string as esdb://host:2113')
  const options = parseOptions(query ?? '')
  const preference = options.get('nodePreference') ?? 'leader'
  // What has been appended must be read at once: only the leader can tell.
  if (preference.toLowerCase() !== 'leader') throw new Error('nodePreference can only be leader')
  const numbers: Partial<Record<NumberKey, number>> = {}
  for (const key of NUMBER_KEYS) {
    const text = options.get(key)
    if (text === undefined) continue
    const value = Number(text)
    if (!Number.isInteger(value) || value < -1) throw new Error(`${key} is no whole number`)
    numbers[key] = value
  }
  const texts = ['userCertFile', 'userKeyFile', 'connectionName'] as const
  const caFile = options.get('tlsCAFile')
  return {
    hosts: hosts.split(',').map(parseHost),
    isDiscovered: discover !== undefined,
    isTls: truth(options, 'tls'),
    verifiesCertificate: truth(options, 'tlsVerifyCert'),
    numbers,
    ...(caFile !== undefined && { caFile }),
    ...Object.fromEntries(texts.flatMap((key) => pair(key, options.get(key)))),
    ...(user !== undefined && {
      credentials: {
        username: decodeURIComponent(user),
        password: decodeURIComponent(password ?? ''),
      },
    }),
  }
}

function pair(key: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[key, value]]
}

/** `host`, `host:2113` or `[::1]:2113`. */
function parseHost(text: string): { address: string; port: number } {
  const [, address, portText] =
    /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text.trim()) ?? []
  const port = portText === undefined ? DEFAULT_PORT : Number(portText)
  if (!address || port < 1 || port > 65_535) throw new Error(`${text} is no host as name:2113`)
  return { address, port }
}

function parseOptions(query: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>()
  for (const [given, value] of new URLSearchParams(query)) {
    const key = NAMES.get(given.toLowerCase())
    if (!key) throw new Error(`the connection string has an unknown option ${given}`)
    options.set(key, value)
  }
  return options
}

function truth(options: ReadonlyMap<string, string>, key: string): boolean {
  const text = options.get(key) ?? 'true'
  if (text !== 'true' && text !== 'false') throw new Error(`${key} is true or false`)
  return text === 'true'
}
