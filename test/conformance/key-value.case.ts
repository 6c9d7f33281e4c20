import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  type KeyValue,
  type KeyValueChange,
  KeyValueConflict,
  KeyValueRefused,
  KeyValueUnavailable,
} from '#events/key-value.ts'

/** How a suite gets a bucket that nobody has used. */
export interface KeyValueSubject {
  readonly bucket: KeyValue
  readonly dispose: () => Promise<void>
}

/** Collects changes and waits for some. */
export function recordChanges() {
  const seen: KeyValueChange[] = []
  let waiting: (() => void)[] = []
  return {
    seen,
    changed(change: KeyValueChange): void {
      seen.push(change)
      for (const resume of waiting.splice(0)) resume()
      waiting = []
    },
    async until(isThere: (seen: readonly KeyValueChange[]) => boolean): Promise<void> {
      while (!isThere(seen)) await new Promise<void>((resume) => waiting.push(resume))
    },
  }
}

const outcome = (run: Promise<unknown>) => run.then(() => 'done').catch((cause: unknown) => cause)

/** What every bucket must do. */
export function keyValueSuite(name: string, create: () => Promise<KeyValueSubject>): void {
  describe(`key-value: ${name}`, () => {
    let subject: KeyValueSubject
    let bucket: KeyValue
    beforeEach(async () => {
      subject = await create()
      bucket = subject.bucket
    })
    afterEach(() => subject.dispose())

    it('holds nothing at first', async () => {
      expect(await bucket.get('a')).toBeUndefined()
      expect(await bucket.entries()).toEqual([])
    })

    it('gives back what was put, with a revision that rises over the whole bucket', async () => {
      const first = await bucket.put('a', 'ünïcode ✓')
      const second = await bucket.put('b', '')
      const third = await bucket.put('a', '2')
      expect(first).toBeGreaterThan(0)
      expect(second).toBeGreaterThan(first)
      expect(third).toBeGreaterThan(second)
      expect(await bucket.get('a')).toEqual({ key: 'a', value: '2', revision: third })
      expect(await bucket.get('b')).toEqual({ key: 'b', value: '', revision: second })
      expect(await bucket.entries()).toEqual([
        { key: 'b', value: '', revision: second },
        { key: 'a', value: '2', revision: third },
      ])
    })

    it('creates a key once, and again after it was removed', async () => {
      const revision = await bucket.create('a', '1')
      expect(await outcome(bucket.create('a', '2'))).toBeInstanceOf(KeyValueConflict)
      expect(await bucket.get('a')).toEqual({ key: 'a', value: '1', revision })
      await bucket.remove('a')
      expect(await bucket.get('a')).toBeUndefined()
      expect(await bucket.create('a', '3')).toBeGreaterThan(revision)
    })

    it('updates at the revision named and at no other', async () => {
      const first = await bucket.create('a', '1')
      const second = await bucket.update('a', '2', first)
      expect(await outcome(bucket.update('a', '3', first))).toBeInstanceOf(KeyValueConflict)
      expect(await outcome(bucket.update('b', '3', second))).toBeInstanceOf(KeyValueConflict)
      expect(await bucket.entries()).toEqual([{ key: 'a', value: '2', revision: second }])
    })

    it('removes at the revision named and at no other', async () => {
      const first = await bucket.create('a', '1')
      const second = await bucket.update('a', '2', first)
      expect(await outcome(bucket.remove('a', first))).toBeInstanceOf(KeyValueConflict)
      await bucket.remove('a', second)
      expect(await outcome(bucket.remove('a', second))).toBeInstanceOf(KeyValueConflict)
      expect(await bucket.entries()).toEqual([])
    })

    it('lets one of many writers win', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, n) => outcome(bucket.create('lease/a', String(n)))),
      )
      expect(outcomes.filter((each) => each === 'done')).toHaveLength(1)
      expect(outcomes.filter((each) => each instanceof KeyValueConflict)).toHaveLength(19)
      const winner = String(outcomes.indexOf('done'))
      expect((await bucket.get('lease/a'))?.value).toBe(winner)
    })

    it('tells a watcher what is there, then each change, in order', async () => {
      await bucket.put('a', '1')
      const b = await bucket.put('b', '1')
      const a = await bucket.put('a', '2')
      const { seen, changed, until } = recordChanges()
      const watch = await bucket.watch(changed)
      expect(seen).toEqual([
        { key: 'b', value: '1', revision: b },
        { key: 'a', value: '2', revision: a },
      ])
      const again = await bucket.update('b', '2', b)
      await bucket.remove('a')
      await bucket.remove('never-there')
      const last = await bucket.create('c', '1')
      await until((all) => all.at(-1)?.key === 'c')
      expect(seen.slice(2)).toEqual([
        { key: 'b', value: '2', revision: again },
        { key: 'a', value: undefined, revision: expect.any(Number) as number },
        { key: 'c', value: '1', revision: last },
      ])
      await watch.stop()
      await bucket.put('d', '1')
      await bucket.entries()
      expect(seen).toHaveLength(5)
    })

    it('tells every watcher', async () => {
      const records = [recordChanges(), recordChanges()]
      for (const { changed } of records) await bucket.watch(changed)
      const revision = await bucket.put('a', '1')
      for (const { until, seen } of records) {
        await until((all) => all.length > 0)
        expect(seen).toEqual([{ key: 'a', value: '1', revision }])
      }
    })

    it.each(['a', 'A9', 'lease/shard-1', 'a.b.c', 'member/x_y=.0', 'k'.repeat(200)])(
      'takes the key %s',
      async (key) => {
        const revision = await bucket.create(key, 'v')
        expect(await bucket.get(key)).toEqual({ key, value: 'v', revision })
        expect(await bucket.entries()).toEqual([{ key, value: 'v', revision }])
      },
    )

    it.each(['', '.', '.a', 'a.', 'a..b', 'a b', 'a*', '>', 'ü', 'a\n', 'k'.repeat(201)])(
      'refuses the key %j',
      async (key) => {
        for (const run of [
          () => bucket.get(key),
          () => bucket.put(key, 'v'),
          () => bucket.create(key, 'v'),
          () => bucket.update(key, 'v', 1),
          () => bucket.remove(key),
        ]) {
          expect(await outcome(run())).toBeInstanceOf(KeyValueRefused)
        }
      },
    )

    it('takes values of 64 KiB and no larger ones', async () => {
      await bucket.put('a', 'ü'.repeat(32 * 1024))
      expect((await bucket.get('a'))?.value).toHaveLength(32 * 1024)
      expect(await outcome(bucket.put('a', 'x'.repeat(64 * 1024 + 1)))).toBeInstanceOf(
        KeyValueRefused,
      )
    })

    it('is out of reach once closed', async () => {
      await bucket.put('a', '1')
      await bucket.close()
      for (const run of [
        () => bucket.get('a'),
        () => bucket.entries(),
        () => bucket.put('a', '2'),
        () => bucket.watch(() => {}),
      ]) {
        expect(await outcome(run())).toBeInstanceOf(KeyValueUnavailable)
      }
    })
  })
}
