/** Runs one piece of work after the other; each settles as the work itself does. */
export type TakeTurns = <T>(run: () => Promise<T>) => Promise<T>

export function takeTurns(): TakeTurns {
  let last: Promise<unknown> = Promise.resolve()
  return (run) => {
    const turn = last.then(run)
    last = turn.catch(() => {})
    return turn
  }
}
