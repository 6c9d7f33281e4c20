import { NEW_GROUP_LIMITS } from '#actors/group/group.commands.ts'
import type { GroupLimits } from '#events/group.facts.ts'

import {
  kibibytes,
  limitOrNone,
  textUpTo,
  whole,
  wordsBetween,
} from '#gateways/members/import-glftpd/fields.ts'
import { type KeyedLines, readKeyedLines } from '#gateways/members/import-glftpd/keyed-lines.ts'
import type { ImportProblems, SourceFile } from '#gateways/members/import-glftpd/source-lines.ts'

export interface GlftpdGroup {
  description: string
  limits: GroupLimits
}

const SLOTS_MAX = 10_000

/**
 * The lines of a group's file, as `convert_to_2.0.pl`, which comes with glFTPd, writes them
 * (https://github.com/silv3rr/glftpd-mirror/blob/7075f16/files/1/glftpd-LNX-2.11a_1.1.1k_x64/convert_to_2.0.pl).
 */
const LINES: KeyedLines<GlftpdGroup>['read'] = {
  GROUP: (rest) => void textUpTo(rest, 500),
  GROUPNFO: (rest, group) => void (group.description = textUpTo(rest, 500)),
  SLOTS: readSlots,
  SIMULT: (rest, { limits }) => {
    const logins = limitOrNone(wordsBetween(rest, 1, 1)[0]!)
    limits.loginsMax = logins === 0 ? null : logins
  },
}

/** What a group's file says; what cannot be taken becomes problems with their lines. */
export function readGroupFile(source: SourceFile, problems: ImportProblems): GlftpdGroup {
  const group: GlftpdGroup = { description: '', limits: { ...NEW_GROUP_LIMITS } }
  readKeyedLines(source, { read: LINES }, group, problems)
  return group
}

/** Slots for members, leeches and allotments, then the largest allotment in KiB. */
function readSlots(rest: string, { limits }: GlftpdGroup): void {
  const [members, leeches = '0', allotments = '0', largest = '-1'] = wordsBetween(rest, 1, 4)
  limits.slots = slots(members!)
  limits.leechSlots = slots(leeches)
  limits.allotmentSlots = slots(allotments)
  const bytes = kibibytes(largest)
  limits.allotmentBytesMax = bytes > 0 ? bytes : null
}

/** -1: as many as one likes; -2: none. */
function slots(word: string): number | null {
  const value = whole(word, -2, SLOTS_MAX)
  return value === -1 ? null : Math.max(value, 0)
}
