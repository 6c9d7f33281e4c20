// The client of the FTP benchmark, a process of its own: does what it is told, and tells how long it took.
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

import { type FtpAccount, FtpControl } from '#bench/ftp-control.ts'
import { fileName } from '#bench/ftp-peers.ts'
import { openRawSocket, sendAll, takeAll } from '#bench/ftp-sockets.ts'

export type FtpWork =
  | {
      readonly kind: 'open'
      readonly account: FtpAccount
      readonly count: number
      readonly isSecured: boolean
    }
  | {
      readonly kind: 'transfer'
      readonly verb: 'STOR' | 'RETR'
      readonly paths: readonly string[]
      readonly bytes: number
      /** A file in memory with the bytes to send. */
      readonly source: string
    }
  | {
      readonly kind: 'logins'
      readonly account: FtpAccount
      readonly count: number
      readonly ms: number
    }
  | { readonly kind: 'lists'; readonly path: string; readonly ms: number; readonly rows: number }
  | {
      readonly kind: 'polls'
      readonly path: string
      readonly ms: number
      readonly perSecond: number
    }
  | { readonly kind: 'fill'; readonly path: string; readonly count: number }
  | { readonly kind: 'say'; readonly line: string; readonly start: string }
  | { readonly kind: 'close' }

export interface FtpTold {
  readonly ms: number
  /** How many of the operations were done. */
  readonly count: number
  /** Of each operation, where that is asked for. */
  readonly latencies?: readonly number[]
}

let controls: FtpControl[] = []
let areSecured = false

async function transfer(work: Extract<FtpWork, { kind: 'transfer' }>): Promise<void> {
  const { verb, paths, bytes, source } = work
  const ports: number[] = []
  for (const control of controls) ports.push(await control.passive())
  startedAt = performance.now()
  const begin = async (index: number): Promise<void> => {
    await controls[index]!.say(`${verb} ${paths[index]}`, '150')
  }
  if (areSecured) {
    await Promise.all(
      ports.map(async (port, index) => {
        const plain = connect({ port, host: '127.0.0.1' })
        await once(plain, 'connect')
        await begin(index)
        const { session } = controls[index]!
        const data = connectTls({
          socket: plain,
          rejectUnauthorized: false,
          ...(session && { session }),
        })
        await once(data, 'secureConnect')
        if (verb === 'STOR') await sendSecured(data, bytes)
        else await takeSecured(data, bytes)
      }),
    )
  } else {
    const sockets = ports.map(openRawSocket)
    await Promise.all(ports.map((_, index) => begin(index)))
    if (verb === 'STOR') sendAll(sockets, source, bytes)
    else if (takeAll(sockets) !== bytes * paths.length) throw new Error('bytes are missing')
  }
  await Promise.all(controls.map((control) => control.last('226')))
}

const chunk = Buffer.alloc(256 * 1024, 'veza')

async function sendSecured(data: TLSSocket, bytes: number): Promise<void> {
  data.resume()
  for (let left = bytes; left > 0; left -= chunk.length) {
    const part = left < chunk.length ? chunk.subarray(0, left) : chunk
    if (!data.write(part)) await once(data, 'drain')
  }
  data.end()
  await once(data, 'close')
}

async function takeSecured(data: TLSSocket, bytes: number): Promise<void> {
  let taken = 0
  data.on('data', (part: Buffer) => (taken += part.length))
  await once(data, 'end')
  data.end()
  if (taken !== bytes) throw new Error(`${taken} of ${bytes} bytes`)
}

/** Each client on its own, again and again until the time is over. */
async function repeat(
  clients: number,
  ms: number,
  once: (index: number) => Promise<unknown>,
): Promise<number> {
  let count = 0
  const endAt = performance.now() + ms
  const one = async (index: number): Promise<void> => {
    do {
      await once(index)
      count++
    } while (performance.now() < endAt)
  }
  startedAt = performance.now()
  await Promise.all(Array.from({ length: clients }, (_, index) => one(index)))
  return count
}

async function list(control: FtpControl, path: string, rows: number): Promise<void> {
  const data = bytesOf(await control.passive())
  await control.say(`LIST ${path}`, '150')
  const bytes = await data
  await control.last('226')
  if (bytes < rows * 50) throw new Error(`a listing of ${bytes} bytes`)
}

/** Brings small files into a directory, each with bytes of its own. */
async function fill({ path, count }: Extract<FtpWork, { kind: 'fill' }>): Promise<void> {
  let next = 0
  const one = async (control: FtpControl): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const data = connect({ port: await control.passive(), host: '127.0.0.1' })
      await control.say(`STOR ${path}/${fileName(n)}`, '150')
      data.end(`file ${n}`)
      data.resume()
      await control.last('226')
    }
  }
  await Promise.all(controls.map(one))
}

/** Asynchronous, so that ten can be under way while replies are read. */
async function bytesOf(port: number): Promise<number> {
  let bytes = 0
  const buffer = Buffer.allocUnsafe(256 * 1024)
  const callback = (length: number): boolean => ((bytes += length), true)
  const data = connect({ port, host: '127.0.0.1', onread: { buffer, callback } })
  await once(data, 'end')
  data.end()
  return bytes
}

/** Each client asks at its own times; who is answered late asks the next time at once. */
async function poll(work: Extract<FtpWork, { kind: 'polls' }>): Promise<number[]> {
  const { path, ms, perSecond } = work
  const latencies: number[] = []
  const everyMs = 1_000 / perSecond
  startedAt = performance.now()
  const endAt = startedAt + ms
  await Promise.all(
    controls.map(async (control, index) => {
      let dueAt = startedAt + (everyMs * index) / controls.length
      for (;;) {
        const waitMs = dueAt - performance.now()
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
        const askedAt = performance.now()
        if (askedAt >= endAt) return
        await control.say(`STAT -l ${path}`, '21')
        latencies.push(performance.now() - askedAt)
        dueAt = Math.max(dueAt + everyMs, performance.now())
      }
    }),
  )
  return latencies
}

let startedAt = 0

async function perform(work: FtpWork): Promise<Omit<FtpTold, 'ms'>> {
  startedAt = performance.now()
  switch (work.kind) {
    case 'open':
      areSecured = work.isSecured
      for (let n = 0; n < work.count; n++) {
        const control = await FtpControl.open(work.account, work.isSecured)
        await control.say('TYPE I', '200')
        controls.push(control)
      }
      return { count: work.count }
    case 'say':
      await controls[0]!.say(work.line, work.start)
      return { count: 1 }
    case 'fill':
      await fill(work)
      return { count: work.count }
    case 'transfer':
      await transfer(work)
      return { count: work.paths.length }
    case 'logins':
      return {
        count: await repeat(work.count, work.ms, async () => {
          const control = await FtpControl.open(work.account)
          control.close()
        }),
      }
    case 'lists':
      return {
        count: await repeat(controls.length, work.ms, (index) =>
          list(controls[index]!, work.path, work.rows),
        ),
      }
    case 'polls': {
      const latencies = await poll(work)
      return { count: latencies.length, latencies }
    }
    case 'close':
      for (const control of controls) control.close()
      controls = []
      return { count: 0 }
  }
}

process.on('message', (work: FtpWork) => {
  perform(work).then(
    (told) => process.send!({ ...told, ms: performance.now() - startedAt }),
    (cause: unknown) => process.send!({ failure: String(cause) }),
  )
})
process.on('disconnect', () => process.exit())
