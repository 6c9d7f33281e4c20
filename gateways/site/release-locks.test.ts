import { expect, test } from 'vitest'

import { createReleaseLocks } from '#gateways/site/release-locks.ts'

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: resolve, wait: () => promise }
}

test('sharers run together, an owner alone, in the order in which they came', async () => {
  const locks = createReleaseLocks()
  const log: string[] = []
  const [a, b, owner] = [gate(), gate(), gate()]
  const step = (name: string, wait: () => Promise<void>) => async () => {
    log.push(`${name} in`)
    await wait()
    log.push(`${name} out`)
  }
  const all = [
    locks.shared('r', step('a', a.wait)),
    locks.shared('r', step('b', b.wait)),
    locks.exclusive(['r'], step('owner', owner.wait)),
    locks.shared(
      'r',
      step('c', async () => {}),
    ),
  ]
  b.open()
  await all[1]
  expect(log).toEqual(['a in', 'b in', 'b out'])
  a.open()
  owner.open()
  await Promise.all(all)
  expect(log.slice(3)).toEqual(['a out', 'owner in', 'owner out', 'c in', 'c out'])
})

test('a turn that fails lets the next one in, and crossing owners both end', async () => {
  const locks = createReleaseLocks()
  const failed = locks.exclusive(['x', 'y'], () => Promise.reject(new Error('no')))
  const next = locks.exclusive(['y', 'x'], async () => 'done')
  await expect(failed).rejects.toThrow('no')
  await expect(next).resolves.toBe('done')
})
