import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** A server that is measured, each in processes of its own. */
export interface MeasuredServer {
  readonly name: string
  readonly pid: number
  readonly account: { readonly port: number; readonly user: string; readonly password: string }
  /** Where its files lie on this machine; undefined where they have to come by FTP. */
  readonly files: string | undefined
  /** The same as its clients see it. */
  readonly path: string
  stop(): Promise<void>
}

export interface PeerSetup {
  /** An empty folder of its own. */
  readonly folder: string
  /** Certificate and key in one PEM file. */
  readonly pem: string
}

/** Where Debian's packages are unpacked (`dpkg -x`); the system's own folders when not said. */
const ROOT = process.env['BENCH_FTP_PEERS'] ?? '/'
const LIBRARIES = ['usr/lib', 'lib'].flatMap((folder) => [
  join(ROOT, folder, `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`),
])
/** nobody and nogroup, as whom the servers serve: none of them serves as root. */
const NOBODY = 65_534
const USER = 'bench'
const PASSWORD = 'password'
/** MD5-crypt of the password: the cheapest hash that they take. */
const HASH = '$1$bench$RsZlu19mbYnnTT8J6kuT4.'

type Start = (setup: PeerSetup, port: number, program: string) => Omit<Launch, 'program'>

interface Launch {
  readonly program: string
  readonly args: readonly string[]
  readonly path: string
  readonly user?: string
}

export const PEERS: Readonly<Record<string, Start>> = {
  'pure-ftpd'({ folder, pem }, port) {
    const passwords = join(folder, 'passwords')
    const home = join(folder, 'home')
    writeFileSync(passwords, `${USER}:${HASH}:${NOBODY}:${NOBODY}::${home}/./::::::::::::\n`)
    const database = join(folder, 'passwords.pdb')
    run('usr/bin/pure-pw', ['mkdb', database, '-f', passwords])
    const limits = ['-C', '200', '-c', '200', '-L', '20000:5', '-I', '15']
    const pidFile = join(folder, 'pid')
    const rules = ['-E', '-H', '-u', '1', '-l', `puredb:${database}`, '-g', pidFile]
    return {
      args: ['-S', `127.0.0.1,${port}`, ...limits, ...rules, '-Y', '1', '-2', pem],
      path: '',
    }
  },
  vsftpd({ folder, pem }, port) {
    mkdirSync(join(folder, 'empty'))
    chmodSync(join(folder, 'home'), 0o755)
    const file = join(folder, 'vsftpd.conf')
    writeFileSync(
      file,
      settings({
        listen: 'YES',
        background: 'NO',
        listen_address: '127.0.0.1',
        listen_port: port,
        // It asks PAM for others, which would have to be set up for the whole machine.
        anonymous_enable: 'YES',
        // Its home must be there: that of nobody is not.
        ftp_username: 'daemon',
        anon_root: join(folder, 'home'),
        anon_upload_enable: 'YES',
        anon_other_write_enable: 'YES',
        anon_mkdir_write_enable: 'YES',
        anon_umask: '022',
        write_enable: 'YES',
        no_anon_password: 'NO',
        secure_chroot_dir: join(folder, 'empty'),
        seccomp_sandbox: 'NO',
        connect_from_port_20: 'NO',
        xferlog_enable: 'NO',
        max_per_ip: 0,
        ssl_enable: 'YES',
        allow_anon_ssl: 'YES',
        ssl_tlsv1: 'YES',
        require_ssl_reuse: 'NO',
        ssl_ciphers: 'HIGH',
        rsa_cert_file: pem,
        rsa_private_key_file: pem,
      }),
    )
    return { args: [file], path: '', user: 'anonymous' }
  },
  proftpd({ folder, pem }, port) {
    const passwords = join(folder, 'passwords')
    const home = join(folder, 'home')
    writeFileSync(passwords, `${USER}:${HASH}:${NOBODY}:${NOBODY}::${home}:/bin/false\n`, {
      mode: 0o600,
    })
    const file = join(folder, 'proftpd.conf')
    const lines = {
      ModulePath: join(ROOT, 'usr/lib/proftpd'),
      LoadModule: 'mod_tls.c',
      ServerType: 'standalone',
      DefaultAddress: '127.0.0.1',
      SocketBindTight: 'on',
      Port: port,
      User: 'nobody',
      Group: 'nogroup',
      UseIPv6: 'off',
      UseReverseDNS: 'off',
      WtmpLog: 'off',
      TransferLog: 'none',
      SystemLog: 'none',
      PidFile: join(folder, 'pid'),
      ScoreboardFile: join(folder, 'scoreboard'),
      DelayEngine: 'off',
      AuthOrder: 'mod_auth_file.c',
      AuthUserFile: passwords,
      RequireValidShell: 'off',
      DefaultRoot: '~',
      AllowOverwrite: 'on',
      MaxInstances: 200,
      TLSEngine: 'on',
      TLSRequired: 'off',
      TLSProtocol: 'TLSv1.2 TLSv1.3',
      TLSRSACertificateFile: pem,
      TLSRSACertificateKeyFile: pem,
      TLSOptions: 'NoSessionReuseRequired',
      TLSLog: 'none',
    }
    const text = Object.entries(lines).map(([name, value]) => `${name} ${value}\n`)
    writeFileSync(file, text.join(''))
    return { args: ['-n', '-q', '-c', file], path: '' }
  },
}

/** As releases have them. */
export const fileName = (n: number): string => `a-release.r${String(n).padStart(5, '0')}`

/** Starts one of the peers; answers the reason when it is not on this machine or does not start. */
export async function startPeer(name: string, setup: PeerSetup): Promise<MeasuredServer | string> {
  if (process.platform !== 'linux') return 'Linux alone'
  if (process.getuid?.() !== 0) return 'it can be started by root alone'
  const program = join(ROOT, 'usr/sbin', name)
  if (!existsSync(program))
    return `no ${program}: unpack Debian's packages, name the folder BENCH_FTP_PEERS`
  const home = join(setup.folder, 'home')
  const files = join(home, 'files')
  mkdirSync(files, { recursive: true })
  chmodSync(files, 0o777)
  const port = await freePort()
  const { args, path, user = USER } = PEERS[name]!(setup, port, program)
  const child = spawn(program, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (text: Buffer) => (errors += text.toString()))
  }
  const exited = once(child, 'exit')
  const ended = exited.then(([code]) => `it ended with ${code}: ${errors.slice(0, 500)}`)
  const problem = await Promise.race([ended, isListening(port)])
  if (problem !== undefined) return problem
  return {
    name,
    pid: child.pid!,
    account: { port, user, password: PASSWORD },
    files,
    path: `${path}/files`,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

const environment = () => ({ ...process.env, LD_LIBRARY_PATH: LIBRARIES.join(':') })

function run(program: string, args: readonly string[]): void {
  execFileSync(join(ROOT, program), args, { env: environment() })
}

function settings(lines: Readonly<Record<string, string | number>>): string {
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export async function isListening(port: number): Promise<undefined> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect({ port, host: '127.0.0.1' })
    try {
      await once(socket, 'connect')
      return undefined
    } catch {
      await pause(50)
    } finally {
      socket.destroy()
    }
  }
  throw new Error(`nothing listens on port ${port}`)
}
