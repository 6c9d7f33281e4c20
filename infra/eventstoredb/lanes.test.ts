import { expect, it } from 'vitest'

import { LogUnavailable } from '#events/event-log.ts'
import { Lanes } from '#infra/eventstoredb/lanes.ts'

/** Work that ends when it is told to, and notes when it begins. */
function createWork(lanes: Lanes) {
  const begun: string[] = []
  const finish = new Map<string, () => void>()
  const ask = (name: string, stream: string) =>
    lanes.run(stream, () => {
      begun.push(name)
      return new Promise<string>((resolve) => finish.set(name, () => resolve(name)))
    })
  return { begun, finish: (name: string) => finish.get(name)!(), ask }
}

it('does the work on one stream in order, and on others beside it', async () => {
  const work = createWork(new Lanes({ inFlight: 2, waiting: 10 }))
  const a1 = work.ask('a1', 'a')
  const a2 = work.ask('a2', 'a')
  const b1 = work.ask('b1', 'b')
  const c1 = work.ask('c1', 'c')
  await Promise.resolve()
  expect(work.begun).toEqual(['a1', 'b1'])
  work.finish('b1')
  expect(await b1).toBe('b1')
  expect(work.begun).toEqual(['a1', 'b1', 'c1'])
  work.finish('a1')
  await a1
  expect(work.begun).toEqual(['a1', 'b1', 'c1', 'a2'])
  work.finish('c1')
  work.finish('a2')
  expect(await Promise.all([c1, a2])).toEqual(['c1', 'a2'])
})

it('goes on after work that fails', async () => {
  const lanes = new Lanes({ inFlight: 1, waiting: 1 })
  const fails = lanes.run('a', () => Promise.reject(new Error('no')))
  const works = lanes.run('a', async () => 1)
  await expect(fails).rejects.toThrow('no')
  expect(await works).toBe(1)
})

it('refuses what is too much, and all that waits when it is closed', async () => {
  const lanes = new Lanes({ inFlight: 1, waiting: 2 })
  const work = createWork(lanes)
  const runs = work.ask('a1', 'a')
  const waits = work.ask('a2', 'a')
  const waitsToo = work.ask('b1', 'b')
  await expect(work.ask('c1', 'c')).rejects.toThrow('too many appends are waiting')
  lanes.close()
  await expect(waits).rejects.toThrow(LogUnavailable)
  await expect(waitsToo).rejects.toThrow(LogUnavailable)
  work.finish('a1')
  expect(await runs).toBe('a1')
  await expect(work.ask('d1', 'd')).rejects.toThrow('the log is closed')
})
