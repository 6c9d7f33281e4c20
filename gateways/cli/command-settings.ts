/** Settings given on the command line, under their own names, and the file to read. */
export interface CommandSettings {
  readonly config: string | undefined
  readonly values: Readonly<Record<string, unknown>>
}
