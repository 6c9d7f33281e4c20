/**
 * Whether a page of another site has made a browser ask this: by the headers `Origin` and `Host`,
 * as they came; empty where there is none. The browser would send a member's cookies and
 * remembered password along.
 */
export function isFromAnotherSite(origin: string, host: string): boolean {
  if (origin === '') return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}
