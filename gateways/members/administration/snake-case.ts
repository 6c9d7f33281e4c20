type Fields = Readonly<Record<string, unknown>>

/** The same fields, named as the API names them, at every depth. */
export function snakeCased(fields: Fields): Record<string, unknown> {
  return renamed(fields, (name) =>
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  )
}

/** The way back. */
export function camelCased(fields: Fields): Record<string, unknown> {
  return renamed(fields, (name) =>
    name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  )
}

function renamed(fields: Fields, rename: (name: string) => string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [rename(name), isFields(value) ? renamed(value, rename) : value]),
  )
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
