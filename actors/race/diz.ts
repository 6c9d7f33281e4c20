/** Longer runs of digits are no numbers of disks. */
const MOST = 9_999

/**
 * The ways in which a `file_id.diz` says how many zips there are: `[01/20]`, `(1/20)`, `<01/20>`,
 * `{1/20}`, `01/20`, `[x/20]`, `[01 of 20]`, `disk 1 of 20`, `20 disks`. pzs-ng looks for the same.
 * Each is tried on the whole text before the next one.
 */
const FORMS: readonly RegExp[] = [
  /[[({<|] ?[0-9ox?*-]{1,4} ?[/\\] ?(\d{1,4}) ?[\])}>|]/gi,
  /[[({<|] ?[0-9ox?*-]{1,4} ?of ?(\d{1,4}) ?[\])}>|]/gi,
  /\b(?:dis[ck]|file|part|cd|zip)s?[ #:.]{0,3}[0-9ox?*]{1,4} ?(?:\/|of) ?(\d{1,4})\b/gi,
  /(?<![\d/\\.])[0-9ox]{1,4} ?\/ ?(\d{1,4})(?![\d/\\.])/gi,
  /\b(\d{1,4}) ?(?:x ?)?(?:dis[ck]s|zips)\b/gi,
]

/** How many zips a `file_id.diz` speaks of; undefined when it does not say. */
export function parseDiz(text: string): number | undefined {
  for (const form of FORMS) {
    for (const [whole, count] of text.matchAll(form)) {
      const files = Number(count)
      if (files >= 1 && files <= MOST && !isDate(whole) && isOneOf(whole, files)) return files
    }
  }
  return undefined
}

/** `12/98` is a month, and there is no thirteenth of twelve. */
function isOneOf(whole: string, files: number): boolean {
  const first = /\d+(?= ?(?:[/\\]|of))/i.exec(whole)
  return first === null || Number(first[0]) <= files
}

/** `01/2004`: what looks like a month and a year, with nothing around it. */
function isDate(whole: string): boolean {
  return /^\s*\d{1,2} ?\/ ?(19|20)\d\d$/.test(whole)
}
