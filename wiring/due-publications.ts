import type { Consumer } from '#actors/kernel/consumer.ts'
import { refOf } from '#events/fact.ts'
import type { SitePublications } from '#gateways/site/releases/publications.ts'

/** Publishes what has fallen due: its files move, so that no actor can do it. */
export function createDuePublications(site: Pick<SitePublications, 'publishDue'>): Consumer {
  return {
    name: 'due-publications',
    kinds: ['publication'],
    async handle(fact) {
      const ref = refOf(fact.stream)
      if (ref && fact.type === 'publication.fell-due') await site.publishDue(ref.id)
    },
  }
}
