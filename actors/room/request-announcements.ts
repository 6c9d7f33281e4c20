import type { KnownFact } from '#events/catalogue.ts'
import type { RequestFact } from '#events/request.facts.ts'

export type RequestAnnounced = Extract<KnownFact, RequestFact>

/** What the site says about a request. `isPublic`: whether everybody may see a path. */
export function requestAnnouncementOf(
  fact: RequestAnnounced,
  name: string,
  isPublic: (path: string) => boolean,
): string {
  const by = fact.meta.by ?? 'the site'
  switch (fact.type) {
    case 'request.made': {
      const { section } = fact.data
      const where = section !== null && isPublic(`/${section}`) ? ` for ${section}` : ''
      return `[REQUEST] ${name}${where}: asked for by ${by}`
    }
    case 'request.filled': {
      const { path } = fact.data
      const where = path !== null && isPublic(path) ? `: ${path}` : ''
      return `[REQUEST] ${name}: filled by ${by}${where}`
    }
    case 'request.withdrawn':
      return `[REQUEST] ${name}: withdrawn by ${by}`
  }
}
