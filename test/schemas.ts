import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

import { z } from 'zod'

import { catalogue } from '#events/catalogue.ts'
import type { FactDefinitions } from '#events/define-facts.ts'

/** Type to schema version to the fingerprint of that version's shape. */
export type Fingerprints = Readonly<Record<string, Readonly<Record<string, string>>>>

const file = new URL('golden/schemas.json', import.meta.url)

/** The shape of a fact's data as a hash that no order of keys and no description changes. */
export function fingerprintOf(data: z.ZodType): string {
  const shape = canonical(z.toJSONSchema(data, { io: 'output', unrepresentable: 'throw' }))
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 16)
}

function canonical(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(canonical)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node)
    .filter(([key, value]) => !(key === 'description' && typeof value === 'string'))
    .toSorted(([one], [other]) => byText(one, other))
  return Object.fromEntries(
    entries.map(([key, value]) => [key, UNORDERED.has(key) ? sorted(value) : canonical(value)]),
  )
}

/** Keywords of JSON Schema whose lists are sets. */
const UNORDERED = new Set(['required', 'enum'])

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? (value as string[]).toSorted(byText) : canonical(value)
}

function byText(one: string, other: string): number {
  return one < other ? -1 : 1
}

/** What is wrong with the shapes of facts against those on record, each with what to do. */
export function driftOf(definitions: FactDefinitions, recorded: Fingerprints): string[] {
  const wrong: string[] = []
  for (const [type, { schema, data }] of Object.entries(definitions)) {
    const known = recorded[type]?.[schema]
    const newest = Math.max(0, ...Object.keys(recorded[type] ?? {}).map(Number))
    if (schema < newest)
      wrong.push(`${type}: schema ${newest} is on record, the code has ${schema}`)
    else if (known === undefined) {
      wrong.push(`${type}: schema ${schema} is new: put it on record with 'node test/schemas.ts'`)
    } else if (known !== fingerprintOf(data)) wrong.push(changed(type, schema))
  }
  const gone = Object.keys(recorded).filter((type) => !Object.hasOwn(definitions, type))
  return [...wrong, ...gone.map((type) => `${type}: it is on record and must stay readable`)]
}

function changed(type: string, schema: number): string {
  const next = schema + 1
  return [
    `${type}: its shape has changed, but it is still schema ${schema}.`,
    `Facts are kept for ever in the shape in which they were recorded, so make a new version:`,
    `  1. fact(${next}, …, { ${schema}: (data) => … }) in events/: what lifts the old shape`,
    `  2. leave test/golden/${type}.${schema}.json as it is, add ${type}.${next}.json`,
    `  3. node test/schemas.ts`,
  ].join('\n')
}

export function recordedFingerprints(): Fingerprints {
  return JSON.parse(readFileSync(file, 'utf8')) as Fingerprints
}

/** Adds the fingerprints of new types and versions. One that is on record is never changed. */
export function withNew(definitions: FactDefinitions, recorded: Fingerprints): Fingerprints {
  const next: Record<string, Record<string, string>> = structuredClone(recorded) as never
  for (const [type, { schema, data }] of Object.entries(definitions)) {
    const versions = (next[type] ??= {})
    versions[schema] ??= fingerprintOf(data)
  }
  return canonical(next) as Fingerprints
}

if (import.meta.filename === process.argv[1]) {
  let recorded: Fingerprints = {}
  try {
    recorded = recordedFingerprints()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
  const next = withNew(catalogue, recorded)
  writeFileSync(file, `${JSON.stringify(next, null, 2)}\n`)
  const left = driftOf(catalogue, next)
  for (const line of left) process.stderr.write(`${line}\n`)
  process.exitCode = left.length === 0 ? 0 : 1
}
