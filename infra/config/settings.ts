import { isIP } from 'node:net'

import ipaddr from 'ipaddr.js'
import { z } from 'zod'

import { memberRole } from '#events/account.facts.ts'

const port = z.coerce.number().int().min(0).max(65_535)
const host = z.string().refine((text) => isIP(text) !== 0, 'an IPv4 or IPv6 address')
const url = (...protocols: string[]) =>
  z.string().refine(
    (text) => {
      return URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1))
    },
    `a URL that begins with ${protocols.map((each) => `${each}://`).join(' or ')}`,
  )
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max)
/** `50000-50100`, or 0 for any free port. */
const portRange = z
  .string()
  .regex(/^(0|\d{1,5}-\d{1,5})$/, 'a range of ports as in 50000-50100, or 0 for any')
  .refine((text) => {
    const [low, high = low] = text.split('-').map(Number)
    return low! <= high! && high! <= 65_535
  }, 'a range of ports whose first is not above its last')

const network = z.string().refine(isNetwork, 'an address, or a network as 10.0.0.0/8')
const list = z.union([
  z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean)),
  z.array(z.string()),
])
const networks = list.pipe(z.array(network).max(1_000)).default([])

/** `10.0.0.0/8=10.0.0.5`, several with commas between: the address that a network is told. */
const networkAddresses = list
  .pipe(
    z
      .array(
        z
          .templateLiteral([z.string(), '=', z.ipv4()], 'as 10.0.0.0/8=10.0.0.5')
          .refine(
            (text) => isNetwork(text.slice(0, text.lastIndexOf('='))),
            'as 10.0.0.0/8=10.0.0.5',
          )
          .transform((text) => {
            const at = text.lastIndexOf('=')
            return { network: text.slice(0, at), address: text.slice(at + 1) }
          }),
      )
      .max(1_000),
  )
  .default([])

/** `mp3=/MP3, here=/incoming/Here`: another name for a directory. */
const aliases = list
  .pipe(
    z
      .array(
        z
          .string()
          .regex(/^[^\s/=.][^\s/=]{0,31}=\/.{0,500}$/, 'as mp3=/MP3')
          .transform((text) => {
            const at = text.indexOf('=')
            return { name: text.slice(0, at), path: text.slice(at + 1) }
          }),
      )
      .max(100),
  )
  .default([])

const directories = list.pipe(z.array(z.string().regex(/^\/.{0,500}$/, 'as /incoming')).max(20))

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  const isLength = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most)
  return most > 0 && isLength && rest.length === 0
}

/** `moderator, administrator`, or a list. */
const roles = z
  .union([
    z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean)),
    z.array(z.string()),
  ])
  .pipe(z.array(memberRole))
  .default([])
/** `127.0.0.1, 10.0.0.0/8`, or a list. */
const addressRanges = z
  .union([
    z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean)),
    z.array(z.string()),
  ])
  .pipe(
    z
      .array(z.string().refine((text) => isIP(text) !== 0 || ipaddr.isValidCIDR(text), 'addresses'))
      .max(100),
  )
  .default([])
const provider = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,32}$/, 'lower-case letters, digits and dashes'),
  issuer: url('https', 'http'),
  client_id: z.string().min(1).max(500),
  client_secret: z.string().min(1).max(500).optional(),
  scope: z.string().max(500).optional(),
  /** Whether somebody whom nobody knows gets an account, and in which group. */
  sign_up: z.boolean().default(false),
  group: z.string().default('MEMBERS'),
})
const providers = z
  .union([z.string().transform(jsonText), z.array(z.unknown())])
  .pipe(z.array(provider).max(20))
  .default([])

function jsonText(text: string, context: z.RefinementCtx): unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value
  } catch {
    // Said below: the text may hold a secret.
  }
  context.addIssue({ code: 'custom', message: 'a list in JSON' })
  return z.NEVER
}

/** Read where downloads are charged; here only its form. */
const creditLoss = z
  .string()
  .regex(
    /^$|^[^\s,=]{1,64}=\d{1,4}(\.\d{1,6})?([\s,]+[^\s,=]{1,64}=\d{1,4}(\.\d{1,6})?)*$/,
    'default=1 MP3=0.5: what a byte costs, by section',
  )
  .default('')
/** Read where the actions are known; here only its form. */
const quotas = z
  .string()
  .regex(
    /^[a-z_]+=(off|\d+\/\d+)([\s,]+[a-z_]+=(off|\d+\/\d+))*$|^$/,
    'send_message=60/60, or =off',
  )
  .default('')

/**
 * Every setting, its limits and its default. In `veza.toml` they stand under these names, in
 * the environment as `VEZA_` and the name in capitals, on the command line as `--` and the name
 * with dashes.
 */
export const settingsSchema = z.strictObject({
  data_dir: z.string().min(1).default('./data').describe('folder of everything that is kept'),
  host: host.default('127.0.0.1').describe('address on which the gateways listen'),
  ftp_port: port.default(2121).describe('0: any free port'),
  ftp_tls_port: port.optional().describe('FTP where TLS comes first; none: AUTH TLS alone'),
  irc_port: port.default(6667).describe('0: any free port'),
  http_port: port.default(8080).describe('HTTP, and WebSocket at /ws; 0: any free port'),
  ftp_passive_ports: portRange.default('0').describe('ports for passive data connections'),
  ftp_passive_address: host.optional().describe('address that PASV tells, behind a NAT'),
  ftp_passive_addresses: networkAddresses.describe(
    'the same for certain networks, as 10.0.0.0/8=10.0.0.5',
  ),
  ftp_fxp: z
    .enum(['none', 'download', 'upload', 'both'])
    .default('none')
    .describe('what may go from and to other sites at the word of a member'),
  ftp_bouncers: networks.describe('addresses and networks of bouncers, which say IDNT'),
  ftp_aliases: aliases.describe('names that CWD knows for directories, as mp3=/MP3'),
  ftp_cdpath: directories.default([]).describe('directories in which CWD looks for a name'),
  ftp_idle_seconds: count(10, 86_400).default(300).describe('an FTP client may say nothing'),
  ftp_data_threads: z
    .stringbool()
    .or(z.boolean())
    .default(true)
    .describe('whether threads of their own move the bytes of files, where the system lets them'),
  ftp_sessions: count(1, 100_000).default(2_000).describe('FTP clients at a time'),
  irc_clients: count(1, 100_000).default(5_000).describe('IRC clients at a time'),
  ws_clients: count(1, 100_000).default(10_000).describe('WebSocket clients at a time'),
  connections_per_address: count(1, 100_000)
    .default(1_000)
    .describe('connections of one address to one gateway'),
  network_name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,32}$/, 'letters, digits, dots and dashes, 32 at most')
    .default('veza')
    .describe('name of the site, in greetings and on IRC'),
  admin_password: z
    .string()
    .min(8, 'at least 8 characters')
    .optional()
    .describe('of the first administrator; generated if it is not set'),
  master_key: z
    .string()
    .regex(/^[\w-]{43}=?([\s,]+[\w-]{43}=?)*$/, '32 bytes as base64url; older ones after it')
    .optional()
    .describe('seals the keys of personal data; none: a key file that veza makes'),
  master_key_file: z
    .string()
    .min(1)
    .optional()
    .describe('that file, which only its owner may read; none: master.key in data_dir'),
  site_url: url('http', 'https')
    .optional()
    .describe('address of the site as members see it, for sign-in elsewhere and in tokens'),
  password_memory_kib: count(8, 4_194_304).default(19_456).describe('argon2id, KiB for a password'),
  password_passes: count(1, 100).default(2).describe('argon2id, passes over that memory'),
  scram_iterations: count(4_096, 1_000_000).default(10_000).describe('of SCRAM-SHA-256, for IRC'),
  login_failures: count(1, 20)
    .default(5)
    .describe('wrong logins of an account or address that lock'),
  login_lock_minutes: count(1, 1_440).default(15).describe('within which they count, and how long'),
  session_days: count(1, 365).default(30).describe('a session lasts so long without being used'),
  signing_key_days: count(1, 365).default(30).describe('how long a key signs access tokens'),
  mfa_roles: roles.describe('roles that need a second factor'),
  anonymous: z
    .stringbool()
    .or(z.boolean())
    .default(false)
    .describe("whether accounts with glFTPd's flag 8 may come in"),
  oidc_providers: providers.describe('other sites by which members sign in, as JSON or TOML'),
  connection_burst: count(1, 100_000)
    .default(60)
    .describe('new connections of one address at once'),
  connections_per_minute: count(1, 100_000)
    .default(60)
    .describe('and in the long run; this machine itself is not limited'),
  rate_limits: quotas.describe('as send_message=60/60 join_room=off: how many in how many seconds'),
  trusted_proxies: addressRanges.describe('proxies whose X-Forwarded-For is believed, or ranges'),
  metrics_token: z.string().min(16).optional().describe('bearer token for /metrics from afar'),
  durability: z
    .enum(['fsync', 'commit'])
    .default('fsync')
    .describe(
      'fsync: a power cut loses nothing acknowledged; commit: faster, the end of veza loses nothing',
    ),
  partial_hours: count(1, 24 * 365)
    .default(48)
    .describe('how long an interrupted upload can be resumed'),
  rescan_hours: count(0, 24 * 365)
    .default(24)
    .describe('how often the disk is looked at for changes by hand; 0: never'),
  credits: z
    .stringbool()
    .or(z.boolean())
    .default(true)
    .describe('whether downloads cost credits, which uploads earn'),
  credit_loss: creditLoss.describe('as default=1 MP3=0.5: what a byte of a download costs'),
  credits_start_mib: count(0, 1_048_576).default(0).describe('MiB of credits of a new member'),
  database_url: url('postgres', 'postgresql')
    .optional()
    .describe('a PostgreSQL for the read models; none: one in the data folder'),
  database_schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,40}$/, 'a lower-case SQL name')
    .default('veza')
    .describe('schema of the read models'),
  eventstore_url: z
    .string()
    .regex(/^(esdb|kurrentdb)(\+discover)?:\/\/\S+$/, 'a connection string as esdb://host:2113')
    .optional()
    .describe('an EventStoreDB for the log; none: a log in the data folder'),
  eventstore_door_port: port
    .default(2113)
    .describe("the log over EventStoreDB's protocol, for auditors; 0: any free port"),
  eventstore_door_tls: z.stringbool().or(z.boolean()).default(true).describe('TLS at that door'),
  eventstore_door_writes: z
    .stringbool()
    .or(z.boolean())
    .default(false)
    .describe('whether siteops may append through that door'),
  nats_url: z
    .string()
    .regex(/^(nats|tls):\/\/\S+$/, 'nats://host:4222, several with commas between')
    // The client would say what it cannot read, password and all.
    .refine((text) => text.split(',').every((each) => URL.canParse(each.trim())), 'a readable URL')
    .optional()
    .describe('a NATS for the bus; none: within the process'),
  nats_token: z.string().min(1).optional().describe('token for that NATS'),
  node_name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, dashes, 64 at most')
    .optional()
    .describe("name of this process among those of a cluster; none: the host's"),
  files_dir: z
    .string()
    .min(1)
    .optional()
    .describe("folder of the members' files, shared in a cluster; none: in data_dir"),
  log_level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('what is logged on standard error'),
  drain_seconds: count(0, 3_600).default(10).describe('transfers may end when the server stops'),
})

export type Settings = z.output<typeof settingsSchema>
export type SettingName = keyof Settings

export const settingNames = Object.keys(settingsSchema.shape) as SettingName[]
