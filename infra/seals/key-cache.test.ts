import { createSecretKey } from 'node:crypto'

import { expect, it } from 'vitest'

import { createKeyCache } from '#infra/seals/key-cache.ts'
import type { SubjectKey } from '#infra/seals/subject-key.ts'

function newCache(keysMax = 2) {
  let now = 1_000
  const loads: string[] = []
  const cache = createKeyCache({
    clock: { now: () => now, after: () => () => {} },
    lifeMs: 100,
    keysMax,
  })
  const secret = createSecretKey(Buffer.alloc(32))
  const keyOf = (id: string): SubjectKey => ({ id, seal: secret, tag: secret })
  return {
    cache,
    keyOf,
    loads,
    pass: (ms: number) => void (now += ms),
    get: (subject: string, intent: 'make' | 'find' = 'make') =>
      cache.get(subject, intent, async () => {
        loads.push(subject)
        return keyOf(subject)
      }),
  }
}

it('keeps the keys that were used last', async () => {
  const { get, loads } = newCache()
  for (const subject of ['a', 'b', 'a', 'c', 'a', 'b']) await get(subject)
  expect(loads).toEqual(['a', 'b', 'c', 'b'])
})

it('keeps a key for its time from when it was read, however often it is used', async () => {
  const { get, loads, pass } = newCache()
  for (const ms of [0, 60, 39]) {
    pass(ms)
    await get('a')
  }
  expect(loads).toEqual(['a'])
  pass(1)
  await get('a')
  expect(loads).toEqual(['a', 'a'])
  // A clock that was set back is not trusted.
  pass(-50)
  await get('a')
  expect(loads).toEqual(['a', 'a', 'a'])
})

it('reads once for all who ask meanwhile, but not for who may make one', async () => {
  const { get, loads } = newCache()
  await Promise.all([get('a'), get('a'), get('a', 'find'), get('a', 'find')])
  expect(loads).toEqual(['a', 'a'])
})

it('keeps nothing of what is not there or failed', async () => {
  const { cache, get, loads } = newCache()
  expect(await cache.get('a', 'find', async () => undefined)).toBeUndefined()
  const failing = cache.get('a', 'make', () => Promise.reject(new Error('out of reach')))
  await expect(failing).rejects.toThrow('out of reach')
  await get('a')
  expect(loads).toEqual(['a'])
})

it('does not keep what was being read when it was dropped', async () => {
  const { cache, get, keyOf, loads } = newCache()
  const gate = Promise.withResolvers<void>()
  const old = cache.get('a', 'make', async () => {
    await gate.promise
    return keyOf('old')
  })
  cache.drop('a')
  expect((await get('a'))?.id).toBe('a')
  gate.resolve()
  expect((await old)?.id).toBe('old')
  expect((await get('a'))?.id).toBe('a')
  expect(loads).toEqual(['a'])
})
