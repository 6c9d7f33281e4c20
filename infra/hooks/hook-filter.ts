import type { HookFilter } from '#infra/hooks/hooks-api.ts'

/** What of something filters can ask about. */
export interface About {
  readonly section?: string
  readonly path?: string
  readonly member?: string
  readonly groups?: readonly string[]
  readonly commands?: readonly string[]
  readonly type?: string
}

type Matches = (pattern: string, path: string) => boolean

/** Whether something is what a handler wants to hear of. */
export function fits(filter: HookFilter, about: About, matches: Matches): boolean {
  return Object.entries(RULES).every(([name, rule]) => {
    const wanted = filter[name as keyof HookFilter]
    return wanted === undefined || rule(wanted, about, matches)
  })
}

type Rule = (wanted: readonly string[], about: About, matches: Matches) => boolean

const RULES: { readonly [K in keyof Required<HookFilter>]: Rule } = {
  sections: (wanted, { section }) => section !== undefined && wanted.includes(section),
  paths: (wanted, { path }, matches) =>
    path !== undefined && wanted.some((pattern) => matches(pattern, path)),
  members: (wanted, { member }) =>
    member !== undefined && wanted.some((each) => each.toLowerCase() === member),
  groups: (wanted, { groups = [] }) => wanted.some((each) => groups.includes(each)),
  commands: (wanted, { commands = [] }) => wanted.some((each) => commands.includes(each)),
  types: (wanted, { type }) => type !== undefined && wanted.includes(type),
}
