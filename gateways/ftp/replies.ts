import { LOCKOUT_REFUSALS } from '#actors/lockout/lockout.commands.ts'
import { PRESENCE_REFUSALS } from '#actors/presence/presence.commands.ts'
import { RACE_REFUSALS } from '#actors/race/race.commands.ts'
import { NAME_REFUSALS } from '#actors/site/section-names.ts'
import { HOOK_REFUSALS } from '#events/hooks.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'
import { type DiskProblem, DiskTrouble } from '#events/site-files.ts'

import { GROUP_LOGIN_REFUSALS } from '#gateways/kernel/group-logins.ts'
import { LOGIN_REFUSALS } from '#gateways/kernel/login.ts'
import { STANDING_REFUSALS } from '#gateways/members/standing.ts'
import { linesOfVeto } from '#gateways/site/hooks.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

import { bounded } from '#gateways/ftp/commands/site/lines.ts'
import type { TransferPlan } from '#gateways/ftp/transfers/transfer.ts'

/** What a command answers, and what the session does after saying so. */
export interface Reply {
  readonly code: number
  readonly lines: readonly string[]
  /** Whole lines, as they are sent, between the first and the last. */
  readonly between?: Buffer
  /** More lines of the same reply come later. */
  readonly isMore?: boolean
  readonly followUp?: FollowUp
}

export type FollowUp =
  | { readonly kind: 'close'; readonly reason: string }
  /** The control connection goes on in TLS. */
  | { readonly kind: 'secure' }
  | { readonly kind: 'transfer'; readonly plan: TransferPlan }
  /** Nothing is said: who has sent the command reads no replies. */
  | { readonly kind: 'silence' }

export function reply(code: number, ...lines: string[]): Reply {
  return { code, lines }
}

export function closing(code: number, words: string, reason: string): Reply {
  return { code, lines: [words], followUp: { kind: 'close', reason } }
}

/** RFC 959 section 5.4: 150 comes before a transfer, whose own reply follows it. */
export function opening(words: string, plan: TransferPlan): Reply {
  return { code: 150, lines: [words], followUp: { kind: 'transfer', plan } }
}

/**
 * RFC 959 section 4.2: 4yz asks the client to try again, 5yz not to. 550 is a file that is
 * not available, 553 a name that is not allowed, 452 a full disk, 451 an error of the server.
 */
const CODES: Readonly<Record<string, number>> = {
  [LOGIN_REFUSALS.loginIncorrect]: 530,
  [LOCKOUT_REFUSALS.lockedOut]: 530,
  [STANDING_REFUSALS.loginDenied]: 530,
  [STANDING_REFUSALS.enrolmentRequired]: 530,
  [PRESENCE_REFUSALS.tooManyLogins]: 530,
  [GROUP_LOGIN_REFUSALS.tooManyGroupLogins]: 530,
  [SITE_REFUSALS.invalidName]: 553,
  [SITE_REFUSALS.filesNeedRelease]: 553,
  [SITE_REFUSALS.moveAcross]: 553,
  // RFC 3659 section 5.2: a REST that the file does not have.
  [SITE_REFUSALS.invalidOffset]: 554,
  [SITE_REFUSALS.sfvTooLong]: 552,
  // A dupe is no success for a race client, as a directory that "already exists" is.
  [SITE_REFUSALS.releaseDupe]: 553,
  [SITE_REFUSALS.fileDupe]: 553,
  [SITE_REFUSALS.noSpace]: 452,
  [NAME_REFUSALS.invalidReleaseName]: 553,
  [NAME_REFUSALS.bannedName]: 553,
  [NAME_REFUSALS.fileTypeNotAllowed]: 553,
  // Race clients know a dupe by 553 with "uploaded by" or "exists".
  [RACE_REFUSALS.fileExists]: 553,
  // What clients should bring first; they come back by themselves.
  [RACE_REFUSALS.sfvFirst]: 553,
  [RACE_REFUSALS.nfoFirst]: 553,
  [RACE_REFUSALS.oneNfo]: 553,
  [RACE_REFUSALS.tooManyFiles]: 552,
  // Of sections too: the codes are the same.
  [RACE_REFUSALS.invalidName]: 553,
  [RACE_REFUSALS.crcMismatch]: 553,
  // Of sections too, as above.
  [RACE_REFUSALS.notYours]: 550,
  // Somebody else's upload may fail: trying again later makes sense.
  [RACE_REFUSALS.fileBusy]: 450,
  // The same member has begun it anew by another connection.
  [RACE_REFUSALS.noSuchUpload]: 426,
  [HOST_REFUSALS.busy]: 450,
  [HOST_REFUSALS.logUnavailable]: 451,
  [HOST_REFUSALS.stopping]: 421,
  [HOST_REFUSALS.faulty]: 451,
  [HOST_REFUSALS.noHolder]: 451,
}

const DISK_REPLIES: Readonly<Record<DiskProblem, Reply>> = {
  full: reply(452, 'The disk of the site is full.'),
  'read-only': reply(451, 'The disk of the site cannot be written to.'),
  failed: reply(451, 'The disk of the site is failing.'),
}

/** The reply to a command that failed; undefined for what nobody foresaw. */
export function replyToFailure(cause: unknown): Reply | undefined {
  if (cause instanceof Refusal && cause.code === HOOK_REFUSALS.vetoed) return replyToVeto(cause)
  if (cause instanceof Refusal) return reply(CODES[cause.code] ?? 550, cause.message)
  if (cause instanceof DiskTrouble) return DISK_REPLIES[cause.problem]
  return undefined
}

/** What the operator's script has said stands in as many lines. */
function replyToVeto(cause: Refusal): Reply {
  const code = cause.fields['event'] === 'upload.before' ? 553 : 550
  return reply(code, ...bounded(linesOfVeto(cause)))
}
