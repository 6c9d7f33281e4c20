import { ROOT } from '#gateways/site/path.ts'

import type { SessionState } from '#gateways/ftp/command.ts'
import { MACHINE_FACTS } from '#gateways/ftp/listings/listing-rows.ts'

/** What holds until a client says otherwise. */
export function newSessionState(): SessionState {
  return {
    user: undefined,
    password: undefined,
    endsGhosts: false,
    failedLogins: 0,
    directory: ROOT,
    type: 'A',
    restartAt: 0,
    range: undefined,
    hashName: 'SHA-256',
    renameFrom: undefined,
    hasBufferSize: false,
    isDataProtected: false,
    isTlsClient: false,
    hasCustomReplies: false,
    isExtendedOnly: false,
    machineFacts: MACHINE_FACTS,
    fxp: 'none',
    position: 0,
  }
}
