/** Lets so many run at a time; the others wait in the order in which they came. */
export function createTurns(atOnce: number) {
  const waiting: (() => void)[] = []
  let running = 0

  return {
    async run<T>(task: () => Promise<T>): Promise<T> {
      if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
      else running++
      try {
        return await task()
      } finally {
        // The place is handed on: nobody who comes now is faster.
        const next = waiting.shift()
        if (next) next()
        else running--
      }
    },
  }
}

export type Turns = ReturnType<typeof createTurns>
