import type { z } from 'zod'

import { Refusal } from '#events/refusal.ts'

import { OPERATION_REFUSALS } from '#gateways/members/administration/operation.ts'
import { rulesShape } from '#gateways/members/administration/section-shape.ts'

const FIELDS: Readonly<Record<string, z.ZodType>> = rulesShape.shape

const TRUTHS: Readonly<Record<string, boolean>> = { yes: true, true: true, no: false, false: false }

/**
 * Rules as people type them: `dupe_days=30 banned_names=*.exe,*.com tests_zips=no group=none`. Each
 * value is read as what its rule takes. Throws the refusal `invalid-parameters`.
 */
export function rulesIn(words: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    words.map((word) => {
      const [, name = '', text = ''] = /^([a-z_]{1,40})=(.*)$/su.exec(word) ?? []
      const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
      if (!field) throw invalid(name || word, `a rule is one of ${Object.keys(FIELDS).join(', ')}`)
      const read = readingsOf(text).find((value) => field.safeParse(value).success)
      if (read === undefined) throw invalid(name, wrongIn(field, text))
      return [name, read]
    }),
  )
}

/** What a text can mean; no two are what one rule takes. */
function readingsOf(text: string): unknown[] {
  const list = text.split(',').filter((each) => each !== '')
  return [
    ...(text === 'none' ? [null, []] : []),
    ...(Object.hasOwn(TRUTHS, text) ? [TRUTHS[text]] : []),
    ...(/^\d{1,15}$/.test(text) ? [Number(text)] : []),
    list,
    ...(text.startsWith('{') ? [parsed(text)] : []),
    text,
  ]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is wrong is said of JSON as such, with where in it: of a text, that it is none. */
function wrongIn(field: z.ZodType, text: string): string {
  const said = text.startsWith('{') ? parsed(text) : text
  if (said === undefined) return 'that is no JSON'
  const [issue] = field.safeParse(said).error?.issues ?? []
  if (!issue) return 'is not what the rule takes'
  return [...issue.path.map(String), issue.message].join(': ')
}

function invalid(name: string, detail: string): Refusal {
  const errors = [{ pointer: `/${name}`, detail }]
  return new Refusal(OPERATION_REFUSALS.invalidParameters, 'That is not valid.', { errors })
}
