import type { ActorHost } from '#actors/kernel/host.ts'
import { SITE, type SiteContext } from '#actors/site/site.commands.ts'
import type { SectionRules } from '#events/section-rules.ts'

export type SectionsNow = Readonly<Record<string, SectionRules>>

/** The sections of the site with their rules, as they are at the asking. */
export async function sectionsNow(host: ActorHost): Promise<SectionsNow> {
  const { context } = await host.state<SiteContext>({ kind: 'site', id: SITE })
  return context.sections
}
