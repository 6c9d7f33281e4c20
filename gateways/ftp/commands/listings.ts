import { formatPath } from '#gateways/site/path.ts'
import type { Listing, Rendering, SiteEntry } from '#gateways/site/listings/site-entry.ts'

import type { CommandSession, CommandTable, FtpCommand } from '#gateways/ftp/command.ts'
import {
  IN_ORDER,
  type ListingForm,
  orderedEntries,
  renderEntries,
  renderListing,
} from '#gateways/ftp/listings/listing-bytes.ts'
import {
  type ListingArgument,
  readListing,
  wildcard,
} from '#gateways/ftp/listings/listing-options.ts'
import { formatMachineRow } from '#gateways/ftp/listings/listing-rows.ts'
import { renderTree } from '#gateways/ftp/listings/listing-tree.ts'
import { opening, type Reply, reply } from '#gateways/ftp/replies.ts'
import { sendBytes } from '#gateways/ftp/transfers/transfer.ts'

const LONG: ListingForm = { kind: 'long' }
const NAMES: ListingForm = { kind: 'names' }

/** RFC 959 section 4.1.3 and RFC 3659 section 7. */
export const listingCommands: CommandTable = {
  LIST: listing('LIST [-aRtSrd] [<path>]', (session, argument) =>
    render(session, readListing(argument), LONG),
  ),
  NLST: listing('NLST [-aRtSr] [<path>]', (session, argument) =>
    render(session, readListing(argument), NAMES),
  ),
  MLSD: listing('MLSD [<path>]', async (session, argument) => {
    const { machineFacts: facts, position } = session.state
    const found = await session.site.list(session.caller(), session.path(argument), position)
    return renderListing(found, { kind: 'machine', facts }, IN_ORDER, session.now())
  }),
  MLST: {
    needsLogin: true,
    minParams: 0,
    help: 'MLST [<path>]',
    async run(session, argument) {
      const path = session.path(argument)
      const entry = await session.site.stat(session.caller(), path)
      const row = formatMachineRow(entry, session.state.machineFacts, formatPath(path))
      return reply(250, 'Here it is:', ` ${row}`, 'End')
    },
  },
  STAT: {
    needsLogin: true,
    minParams: 0,
    duringTransfer: 'runs',
    help: 'STAT [-la] [<path>]',
    async run(session, argument) {
      if (session.transfer) return progressReply(session.transfer)
      if (argument.trim() === '') return statusReply(session)
      const asked = readListing(argument)
      const { isDirectory, ...rendering } = await render(session, asked, LONG)
      const { path, pattern = '' } = asked
      // RFC 959 section 4.2.2: 212 is the status of a directory, 213 that of a file.
      const first = `Status of ${path + pattern || '.'}:`
      return {
        ...reply(isDirectory ? 212 : 213, first, 'End of status.'),
        between: rendering.bytes,
      }
    },
  },
}

/** What LIST, NLST and STAT show: a directory's entries, those that fit, or the one file. */
async function render(
  session: CommandSession,
  { path: text, pattern, options }: ListingArgument,
  form: ListingForm,
): Promise<Rendering & { readonly isDirectory: boolean }> {
  const path = session.path(text)
  const now = session.now()
  const caller = session.caller()
  if (options.isItself && pattern === undefined) {
    const entry = await session.site.stat(caller, path)
    return { ...renderEntries([{ ...entry, name: text || '.' }], form, now), isDirectory: false }
  }
  const found = await session.site.look(caller, path, session.state.position)
  if (isEntry(found)) return { ...renderEntries([found], form, now), isDirectory: false }
  if (pattern !== undefined) {
    const fitting = fittingEntries(found, pattern, options)
    // `ls` gives what a pattern stands for as it was asked for: clients fetch by these names.
    const named = (entry: SiteEntry): string => text + entry.name
    return { ...renderEntries(fitting, form, now, named), isDirectory: true }
  }
  if (options.isRecursive) {
    return { ...(await renderTree(session, path, found, form, options)), isDirectory: true }
  }
  return { ...renderListing(found, form, options, now), isDirectory: true }
}

function isEntry(found: Listing | SiteEntry): found is SiteEntry {
  return !('entries' in found)
}

function fittingEntries(
  { entries }: Listing,
  pattern: string,
  options: ListingArgument['options'],
): readonly SiteEntry[] {
  const order = { ...options, isAll: options.isAll || pattern.startsWith('.') }
  const fits = wildcard(pattern)
  return orderedEntries(entries, order).filter(({ name }) => fits(name))
}

function listing(
  help: string,
  rows: (session: CommandSession, argument: string) => Promise<Rendering>,
): FtpCommand {
  return {
    needsLogin: true,
    minParams: 0,
    help,
    async run(session, argument) {
      const { bytes, rows: count } = await rows(session, argument)
      return opening('Here comes the listing.', {
        direction: 'listing',
        name: argument,
        async run(data, progress) {
          await sendBytes(data, bytes, progress)
          return reply(226, count === 1 ? '1 entry.' : `${count} entries.`)
        },
        cancel: async () => {},
      })
    },
  }
}

function progressReply({ plan, movedBytes, isConnected }: NonNullable<CommandSession['transfer']>) {
  const state = isConnected ? `${movedBytes} bytes so far` : 'waiting for the data connection'
  return reply(213, `${plan.direction} ${plan.name}: ${state}.`)
}

function statusReply({ connection, state, isSecured, remoteAddress }: CommandSession): Reply {
  return reply(
    211,
    'veza FTP server status:',
    ` Connected from ${remoteAddress}${isSecured ? ' over TLS' : ''}`,
    ` Logged in as ${connection.member?.name ?? 'nobody'}`,
    ` Type ${state.type}, data connections ${state.isDataProtected ? 'protected' : 'in clear'}`,
    ` In ${formatPath(state.directory)}`,
    'End of status.',
  )
}
