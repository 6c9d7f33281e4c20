import type { CommandTable } from '#gateways/ftp/command.ts'
import { reply } from '#gateways/ftp/replies.ts'

/** draft-bryan-ftp-range: first and last byte, both included. `RANG 1 0` takes it back. */
export const rangeCommands: CommandTable = {
  RANG: {
    needsLogin: true,
    minParams: 1,
    help: 'RANG <first byte> <last byte>: for the RETR or HASH that follows',
    run({ state }, argument) {
      const match = /^(\d{1,15}) +(\d{1,15})$/.exec(argument.trim())
      if (!match) return reply(501, 'RANG takes two numbers of bytes.')
      const [first, last] = [Number(match[1]), Number(match[2])]
      state.range = undefined
      if (first === 1 && last === 0) return reply(350, 'All of the file.')
      if (first > last) return reply(501, 'The last byte comes before the first.')
      state.range = { first, last }
      return reply(350, `From byte ${first} to byte ${last}.`)
    },
  },
}
