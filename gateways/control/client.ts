import { connect } from 'node:net'

import { Refusal } from '#events/refusal.ts'

import {
  CONTROL_ANSWER_BYTES,
  CONTROL_LINE_BYTES,
  type ControlAnswer,
  type ControlRequest,
  createLineReader,
} from '#gateways/control/codec.ts'

/** Asks the running server; rejects with the `Refusal` that it answers. */
export function askServer(path: string, request: ControlRequest): Promise<unknown> {
  const asked = `${JSON.stringify(request)}\n`
  if (Buffer.byteLength(asked) > CONTROL_LINE_BYTES) {
    const words = `A running server takes at most ${CONTROL_LINE_BYTES} bytes at a time.`
    return Promise.reject(new Refusal('request-too-large', words))
  }
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const reader = createLineReader(CONTROL_ANSWER_BYTES)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server closed the connection')))
    socket.once('connect', () => socket.write(asked))
    socket.on('data', (bytes) => {
      const lines = reader.push(bytes)
      if (!lines) return void socket.destroy(new Error('the answer of the server is too long'))
      const [line] = lines
      if (line === undefined) return
      const answer = JSON.parse(line) as ControlAnswer
      if (answer.ok) resolve(answer.result)
      else reject(new Refusal(answer.code, answer.message, answer.fields))
      socket.destroy()
    })
  })
}
