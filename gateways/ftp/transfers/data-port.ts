import { connect, type Socket } from 'node:net'

import type { Clock } from '#events/clock.ts'
import type { DataPump, SecuredSocket } from '#events/data-pump.ts'

import { type Endpoint, isSameAddress, plainAddress } from '#gateways/ftp/transfers/address.ts'
import { type FxpPolicy, mayBeForeign } from '#gateways/ftp/transfers/foreign-peers.ts'
import { preparePassive } from '#gateways/ftp/transfers/passive-port.ts'
import { NoDataConnection, type Prepared } from '#gateways/ftp/transfers/prepared-connection.ts'
import { securePumped } from '#gateways/ftp/transfers/pumped-transfer.ts'
import type { TlsAcceptor } from '#gateways/ftp/tls.ts'
import type { TransferPlan } from '#gateways/ftp/transfers/transfer.ts'

export interface OpenedData {
  readonly socket: Socket
  /** The pump has made TLS of it, and alone can move its bytes. */
  readonly secured?: SecuredSocket
}

/** How a session's next data connection comes about. */
export interface DataPort {
  /** Listens for the client on a fresh port; what was prepared before is dropped. */
  listen(options?: { readonly isTlsClient?: boolean }): Promise<number>
  /** The next one goes out to the client, or to another site. */
  aim(target: Endpoint): void
  /** Whether PASV, PORT or one of their like has been given since the last transfer. */
  readonly isPrepared: boolean
  /** What the next `open` is for; a protected one is greeted as TLS clients do, after SSCN. */
  expect(next: {
    readonly direction: TransferPlan['direction']
    readonly isTlsClient: boolean
    /** What may go to and come from another site; at most what the site lets anybody do. */
    readonly fxp: FxpPolicy
  }): void
  /**
   * Opens the prepared connection. Rejects with `NoDataConnection`. Where it is protected and
   * `isPumpable`, the pump does the TLS, if it can.
   */
  open(isProtected: boolean, isPumpable: boolean): Promise<OpenedData>
  /** Where the last connection led to, or came from, when that was not the client's own machine. */
  readonly foreignPeer: string | undefined
  /** Drops what is prepared; an `open` under way rejects. */
  drop(): void
  /** Moves big files past the event loop, where there is such a thing. */
  readonly pump: DataPump | undefined
  /** The client is there: a bouncer, from which the control connection comes, has said so. */
  clientIsAt(address: string): void
}

export interface DataPortOptions {
  readonly clock: Clock
  readonly tls: TlsAcceptor
  readonly pump: DataPump | undefined
  readonly localAddress: string
  /** Data connections come from there, and go there, alone, unless `fxp` allows others. */
  readonly remoteAddress: string
  readonly fxp: FxpPolicy
  readonly passivePorts: readonly [first: number, last: number] | undefined
  readonly connectMs: number
}

export function createDataPort(options: DataPortOptions): DataPort {
  const { clock, tls, connectMs, localAddress, fxp } = options
  let { remoteAddress } = options
  let prepared: (Prepared & { readonly isTlsClient: boolean }) | undefined
  /** Connected, and in its TLS handshake. */
  let opening: Socket | undefined
  let isForeignWelcome = false
  let isTlsClient = false
  let foreignPeer: string | undefined
  const isOwn = (address: string): boolean => isSameAddress(address, remoteAddress)

  const replace = (next: typeof prepared): void => {
    const givenUp = new NoDataConnection('The data connection was given up.')
    prepared?.close(givenUp)
    opening?.destroy(givenUp)
    prepared = next
  }

  return {
    pump: options.pump,
    get foreignPeer() {
      return foreignPeer
    },
    get isPrepared() {
      return prepared !== undefined
    },
    async listen({ isTlsClient: asClient = false } = {}) {
      replace(undefined)
      const allowsForeign = fxp !== 'none'
      const ports = options.passivePorts
      const passive = await preparePassive({ localAddress, ports, isOwn, allowsForeign })
      replace({ ...passive, isTlsClient: asClient })
      return passive.port
    },
    aim(target) {
      replace({ ...active(target, localAddress, isOwn(target.address)), isTlsClient: false })
    },
    expect(next) {
      isForeignWelcome = mayBeForeign(next.fxp, next.direction)
      foreignPeer = undefined
      isTlsClient = next.isTlsClient
    },
    async open(isProtected, isPumpable) {
      const current = prepared
      if (!current) throw new NoDataConnection('Use PASV, EPSV, PORT or EPRT first.')
      const late = new NoDataConnection('No data connection within the time allowed.')
      const cancel = clock.after(connectMs, () => {
        current.close(late)
        opening?.destroy(late)
      })
      try {
        const socket = await current.open(isForeignWelcome)
        socket.on('error', () => {})
        const { remoteAddress: peer } = socket
        foreignPeer = peer === undefined || isOwn(peer) ? undefined : plainAddress(peer)
        if (socket.destroyed) throw new NoDataConnection('The data connection was given up.')
        opening = socket
        if (!isProtected) return { socket }
        const isClient = isTlsClient || current.isTlsClient
        const secured =
          isPumpable && (await securePumped(socket, options.pump, isClient ? 'client' : tls.server))
        if (secured) return { socket, secured }
        return { socket: await (isClient ? tls.greet(socket) : tls.accept(socket)) }
      } catch (cause) {
        if (cause instanceof NoDataConnection) throw cause
        throw new NoDataConnection('The data connection could not be opened.', { cause })
      } finally {
        cancel()
        opening = undefined
        if (prepared === current) prepared = undefined
      }
    },
    drop: () => replace(undefined),
    clientIsAt(address) {
      remoteAddress = address
    },
  }
}

function active({ address, port }: Endpoint, localAddress: string, isOwn: boolean): Prepared {
  let socket: Socket | undefined
  let isTaken = false
  return {
    open: (isForeignWelcome) =>
      new Promise((resolve, reject) => {
        if (!isOwn && !isForeignWelcome) {
          reject(new NoDataConnection('This may not go to or come from another site.'))
          return
        }
        const opened = connect({ host: address, port, localAddress, allowHalfOpen: true })
        socket = opened
        // What comes early is left for whoever it is for.
        opened.pause()
        // For good: whoever has it next sees the close that follows an error.
        opened.on('error', reject)
        opened.once('connect', () => {
          isTaken = true
          resolve(opened)
        })
      }),
    close(cause) {
      if (!isTaken) socket?.destroy(cause)
    },
  }
}
