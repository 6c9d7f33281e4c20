import { wrong } from '#gateways/ftp/commands/site/site-command.ts'
import { countIn } from '#gateways/ftp/commands/site/words.ts'

/** Rows of one reply at most. */
const MOST = 100

export interface CountAndSection {
  readonly limit: number
  readonly section: string | undefined
}

/** `[<count>] [<section>]`: glFTPd's order. A word of digits alone is a count. */
export function countAndSection(words: readonly string[], usual: number): CountAndSection {
  const isCount = /^-?\d+$/.test(words[0] ?? '')
  const [section, ...more] = isCount ? words.slice(1) : words
  if (more.length > 0) throw wrong('the count comes before the section, and nothing after it')
  const limit = isCount ? countIn(words[0]!, 1, MOST) : usual
  if (limit === undefined) throw wrong(`a count is 1 to ${MOST}`)
  return { limit, section }
}
