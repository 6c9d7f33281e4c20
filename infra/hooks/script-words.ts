import { posix } from 'node:path'

import type { HookMember, HookMoment } from '#events/hooks.ts'

/** The arguments that glFTPd gives a script of that kind. */
export function wordsOf(moment: HookMoment, member: HookMember): string[] {
  if ('line' in moment) {
    return [moment.line, member.name, member.group]
  }
  const place = [posix.basename(moment.path), posix.dirname(moment.path)]
  return moment.event === 'upload.after' ? [...place, moment.crc32.toUpperCase()] : place
}

/** Where programs are looked for: what the server itself has been given is no business of theirs. */
const SEARCHED = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

type About = Pick<HookMoment, 'event' | 'section'> & {
  readonly path?: string
  readonly sizeBytes?: number
  readonly stagedPath?: string
}

/** All of a script's environment: glFTPd's names first, then ours. */
export function environmentOf(about: About, member: HookMember): Record<string, string> {
  const { path, sizeBytes, stagedPath } = about
  return {
    PATH: SEARCHED,
    LANG: 'C.UTF-8',
    USER: member.name,
    FLAGS: member.flags,
    TAGLINE: member.tagline,
    GROUP: member.group,
    RATIO: String(member.ratio),
    SPEED: String(member.speedKib),
    HOST: hostOf(member),
    SECTION: about.section,
    VEZA_EVENT: about.event,
    VEZA_GROUPS: member.groups.join(' '),
    ...(path !== undefined && { VEZA_PATH: path }),
    ...(sizeBytes !== undefined && { VEZA_SIZE: String(sizeBytes) }),
    ...(stagedPath !== undefined && { VEZA_FILE: stagedPath }),
  }
}

/** What a script complains of, without where the member is. */
export function withoutAddress(text: string, member: HookMember): string {
  const personal = [hostOf(member), member.address].filter(Boolean) as string[]
  return personal.reduce((rest, each) => rest.replaceAll(each, '(hidden)'), text)
}

/** `ident@address`; without an ident `*` stands for it, as in masks. */
function hostOf({ ident, address }: HookMember): string {
  return address === undefined ? '' : `${ident ?? '*'}@${address}`
}
