import { once } from 'node:events'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { loadCertificate } from '#infra/tls/certificate.ts'
import { openClient } from '#test/conformance/ftp-client.ts'
import { ADMIN_PASSWORD, VezaProcess } from '#test/e2e/veza-process.ts'

let veza: VezaProcess
let ports: { readonly ftp: number; readonly ftps?: number }
beforeAll(async () => {
  veza = await VezaProcess.create({
    environment: {
      VEZA_FTP_TLS_PORT: '0',
      VEZA_FTP_FXP: 'both',
      VEZA_FTP_BOUNCERS: '127.0.0.9',
      VEZA_FTP_PASSIVE_ADDRESSES: '127.0.0.7=192.0.2.7',
    },
  })
  await veza.start()
  ports = veza.ports
})
afterAll(() => veza.dispose())

test('a server has the doors and policies that its settings name', async () => {
  const login = async (client: Awaited<ReturnType<typeof openClient>>) => {
    await client.say('USER admin', '331')
    await client.say(`PASS ${ADMIN_PASSWORD}`, '230')
  }
  const secure = await openClient(ports.ftps!, { isImplicit: true })
  await secure.expect('220')
  await login(secure)
  await secure.say('PORT 127,0,0,3,30,30', '200')
  await secure.close()
  const from = await openClient(ports.ftp, { localAddress: '127.0.0.9' })
  await from.expect('220')
  from.write('IDNT joe@127.0.0.7:host\r\n')
  await login(from)
  expect(await from.say('PASV', '227')).toContain('(192,0,2,7,')
  await from.close()
})

test('SIGHUP has it show another certificate, and nobody is cut off', async () => {
  const serial = async (): Promise<string> => {
    const socket = connect({ port: ports.ftps!, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { serialNumber } = socket.getPeerCertificate()
    socket.destroy()
    return serialNumber
  }
  const client = await openClient(ports.ftps!, { isImplicit: true })
  await client.expect('220')
  const before = await serial()
  const folder = await mkdtemp(join(tmpdir(), 'veza-certificate-'))
  await loadCertificate({ dataDir: folder, now: Date.now() })
  for (const name of ['key.pem', 'cert.pem'])
    await copyFile(join(folder, 'tls', name), join(veza.dataDir, 'tls', name))
  process.kill(veza.pid, 'SIGHUP')
  let after = before
  while (after === before) after = await serial()
  await client.say('NOOP', '200')
  await client.close()
  await rm(folder, { recursive: true, force: true })
})
