import { createReadStream } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

import { BadLine, LINE_BYTES } from '#infra/log/log-lines.ts'

/** The lines of a file, without their ends. Throws `BadLine` for one that is too long. */
export async function* textLines(path: string): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let line = 0
  for await (const chunk of createReadStream(path)) {
    const pieces = (rest + decoder.write(chunk as Buffer)).split('\n')
    rest = pieces.pop()!
    for (const piece of pieces) {
      line++
      yield piece
    }
    if (rest.length > LINE_BYTES) throw new BadLine(line + 1, `it is longer than ${LINE_BYTES}`)
  }
  rest += decoder.end()
  if (rest !== '') yield rest
}
