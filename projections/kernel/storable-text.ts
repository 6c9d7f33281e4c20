/**
 * Text as Postgres can hold it: it takes no U+0000 and no half of a surrogate pair. One name
 * that a client made up must not stop all read models, nor fail a query for it.
 */
export function storableText(text: string): string {
  if (text.isWellFormed() && !text.includes('\0')) return text
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}
