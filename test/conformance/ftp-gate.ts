import type { SiteFiles } from '#events/site-files.ts'

/** Holds up the reading of the site's files while it is closed. */
export function createGate() {
  const reached = Promise.withResolvers<void>()
  let opened = Promise.withResolvers<void>()
  opened.resolve()
  return {
    /** Resolves when somebody has come to the closed gate. */
    reached: reached.promise,
    close() {
      opened = Promise.withResolvers()
    },
    open: () => opened.resolve(),
    wrapReads: (files: SiteFiles): SiteFiles => ({
      ...files,
      async open(location) {
        const file = await files.open(location)
        return (
          file && {
            sizeBytes: file.sizeBytes,
            close: () => file.close(),
            async read(buffer, position) {
              reached.resolve()
              await opened.promise
              return await file.read(buffer, position)
            },
          }
        )
      },
    }),
  }
}
