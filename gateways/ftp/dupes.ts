/** What SITE XDUPE says: how a refused dupe tells which files need not be uploaded any more. */
export type DupeMode = 0 | 1 | 2 | 3 | 4

interface Form {
  /** Names may share a line up to so many characters; undefined: each has its own. */
  readonly lineCharacters?: number
  readonly nameCharacters: number
}

/** glFTPd's x-dupe-info: the names of modes 1 and 2 are cut, mode 4 has one line alone. */
const FORMS: Readonly<Record<DupeMode, Form | undefined>> = {
  0: undefined,
  1: { lineCharacters: 66, nameCharacters: 66 },
  2: { nameCharacters: 66 },
  3: { nameCharacters: Number.POSITIVE_INFINITY },
  4: { lineCharacters: 1_010, nameCharacters: 1_010 },
}

/** The lines that stand before the words of a 553. */
export function dupeLines(mode: DupeMode, names: readonly string[]): string[] {
  const form = FORMS[mode]
  if (!form) return []
  const cut = names.map((name) => name.slice(0, form.nameCharacters))
  const lines = form.lineCharacters === undefined ? cut : filled(cut, form.lineCharacters)
  return (mode === 4 ? lines.slice(0, 1) : lines).map((line) => `X-DUPE: ${line}`)
}

/** As many names on a line, with spaces between, as it takes. */
function filled(names: readonly string[], characters: number): string[] {
  const lines: string[] = []
  for (const name of names) {
    const longer = `${lines.at(-1)} ${name}`
    if (lines.length > 0 && longer.length <= characters) lines[lines.length - 1] = longer
    else lines.push(name)
  }
  return lines
}
