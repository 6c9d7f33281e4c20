import { connect } from 'node:net'

import { Refusal } from '#events/refusal.ts'

import {
  CONTROL_LINE_BYTES,
  type ControlAnswer,
  type ControlRequest,
  createLineReader,
} from '#gateways/control/codec.ts'

/** Asks the running server; rejects with the `Refusal` that it answers. */
export function askServer(path: string, request: ControlRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const reader = createLineReader(CONTROL_LINE_BYTES)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server closed the connection')))
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on('data', (bytes) => {
      const [line] = reader.push(bytes) ?? []
      if (line === undefined) return
      const answer = JSON.parse(line) as ControlAnswer
      if (answer.ok) resolve(answer.result)
      else reject(new Refusal(answer.code, answer.message))
      socket.destroy()
    })
  })
}
