import { z } from 'zod'

import { sectionRules } from '#events/section-rules.ts'

type SnakeCase<S extends string> = S extends `${infer Head}${infer Rest}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Rest>}`
  : S
type SnakeShape<S extends z.ZodRawShape> = {
  [K in keyof S as K extends string ? SnakeCase<K> : never]: S[K]
}

const snake = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The same fields by the names of the API. */
function snakeShape<S extends z.ZodRawShape>(shape: S): SnakeShape<S> {
  const named = Object.entries(shape).map(([name, type]) => [snake(name), type])
  return Object.fromEntries(named) as SnakeShape<S>
}

const { audio, ...rules } = sectionRules.shape
const audioShape = z
  .object(snakeShape(audio.unwrap().shape))
  .nullable()
  .describe('what audio has to be like; null: nothing is asked')

const described = {
  purpose: 'what the section is for',
  group: 'of a pre section: whose it is',
  targets: 'of a pre section: where its releases may be published, the usual one first',
  release_names: 'a regular expression that the names of releases have to fit',
  banned_names:
    'names of files and directories that nothing may have: `*` any text, `?` one letter',
  file_names: 'names that files may have; none: all',
  hidden_files: 'files that no listing shows',
  unfetchable_files: 'files that nobody fetches',
  dupe_days: 'a name that a release had within so many days is a dupe; 0: none is',
  free_space_mib: 'with less free on the disk no upload begins',
  uploads_at_once: 'of one member in this section; null: no limit',
  nuked_name: 'of a nuked release: `%N` is its name',
} as const

/** The rules of a section by the names of the API. */
export const rulesShape = z
  .object({ ...withDescriptions(snakeShape(rules)), audio: audioShape })
  .meta({ id: 'SectionRules' })

function withDescriptions<S extends z.ZodRawShape>(shape: S): S {
  const fields = Object.entries(shape).map(([name, type]) => {
    const words = (described as Readonly<Record<string, string>>)[name]
    return [name, words === undefined ? type : (type as z.ZodType).describe(words)]
  })
  return Object.fromEntries(fields) as S
}
