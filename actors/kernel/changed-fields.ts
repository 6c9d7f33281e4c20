import { isDeepStrictEqual } from 'node:util'

type Wished<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** Of the wished fields those that differ from the present ones; undefined when none does. */
export function changedFields<T extends object>(
  present: Readonly<T>,
  wished: Wished<T>,
): Partial<T> | undefined {
  const changed = Object.entries(wished).filter(
    ([field, value]) => value !== undefined && !isDeepStrictEqual(value, present[field as keyof T]),
  )
  return changed.length > 0 ? (Object.fromEntries(changed) as Partial<T>) : undefined
}
