import { moment } from '#gateways/ftp/commands/site/lines.ts'
import { type SiteCommandTable, wrong } from '#gateways/ftp/commands/site/site-command.ts'
import { countIn } from '#gateways/ftp/commands/site/words.ts'
import type { DupeMode } from '#gateways/ftp/dupes.ts'

const DUPE_MODES: Readonly<Record<DupeMode, string>> = {
  0: 'a refused dupe names no files',
  1: 'names share lines, each cut at 66 characters',
  2: 'one name a line, cut at 66 characters',
  3: 'one name a line',
  4: 'as many names as one long line takes',
}

/** About this session alone. */
export const sessionCommands: SiteCommandTable = {
  XDUPE: {
    help: 'sets how a refused dupe names the files that are there already',
    usage: ['', ...Object.entries(DUPE_MODES).map(([mode, words]) => `${mode}: ${words}`)],
    words: [0, 1],
    isOfSession: true,
    run({ session: { state }, words: [text] }) {
      if (text !== undefined) {
        const mode = countIn(text, 0, 4)
        if (mode === undefined) throw wrong('a mode is 0 to 4')
        state.xdupe = mode as DupeMode
      }
      const { xdupe = 0 } = state
      return `Extended dupe mode ${xdupe}: ${DUPE_MODES[xdupe]}.`
    },
  },
  COLOR: {
    help: 'shows the titles of SITE replies in bold, or no longer',
    usage: ['[on|off]'],
    words: [0, 1],
    isOfSession: true,
    run({ session: { state }, words: [text] }) {
      const wanted = text === undefined ? !state.isColoured : { on: true, off: false }[text]
      if (wanted === undefined) throw wrong('on or off')
      state.isColoured = wanted
      return `Colour is ${wanted ? 'on' : 'off'}.`
    },
  },
  TIME: {
    help: 'tells the time of the site, in UTC',
    usage: [''],
    words: [0, 0],
    isOfSession: true,
    run: ({ session }) => `It is ${moment(session.now())} UTC.`,
  },
  VERS: {
    help: 'names the server',
    usage: [''],
    words: [0, 0],
    isOfSession: true,
    run: () => 'veza FTP server.',
  },
  WELCOME: {
    help: 'greets you again',
    usage: [''],
    words: [0, 0],
    isOfSession: true,
    run: ({ member }) => `Welcome, ${member.name}.`,
  },
}
