import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type CommandLink, LinkBusy, LinkRefused, LinkUnavailable } from '#events/command-link.ts'

/** Two links to the same others, each as of a process of its own. */
export interface CommandLinkSubject {
  readonly here: CommandLink
  readonly there: CommandLink
  /** Requests that an address of these links handles at once. */
  readonly concurrent: number
  readonly bytes: number
  readonly dispose: () => Promise<void>
}

const failure = (run: Promise<unknown>) =>
  run.then(
    (value) => new Error(`it was answered: ${String(value)}`),
    (cause: unknown) => cause,
  )

const LONG_MS = 30_000

/** What every link must do. */
export function commandLinkSuite(name: string, create: () => Promise<CommandLinkSubject>): void {
  describe(`command link: ${name}`, () => {
    let subject: CommandLinkSubject
    let here: CommandLink
    let there: CommandLink
    beforeEach(async () => {
      subject = await create()
      ;({ here, there } = subject)
    })
    afterEach(() => subject.dispose())

    it('carries a request there and its answer back', async () => {
      await there.serve('node-b', async (request) => `${request} ✓`)
      expect(await here.request('node-b', 'ünïcode', LONG_MS)).toBe('ünïcode ✓')
      expect(await here.request('node-b', '', LONG_MS)).toBe(' ✓')
      expect(await there.request('node-b', 'own', LONG_MS)).toBe('own ✓')
    })

    it('tells addresses apart', async () => {
      await here.serve('node-a', async () => 'a')
      await there.serve('node-b', async () => 'b')
      const asked = ['node-a', 'node-b'].flatMap((address) => [
        here.request(address, '', LONG_MS),
        there.request(address, '', LONG_MS),
      ])
      expect(await Promise.all(asked)).toEqual(['a', 'a', 'b', 'b'])
    })

    it('gives each of many requests its own answer, in whatever order they come', async () => {
      const waiting: (() => void)[] = []
      await there.serve('node-b', async (request) => {
        await new Promise<void>((resume) => {
          waiting.push(resume)
          if (waiting.length === 10) for (const each of waiting.toReversed()) each()
        })
        return `answer to ${request}`
      })
      const numbers = Array.from({ length: 10 }, (_, n) => n)
      const answers = await Promise.all(
        numbers.map((n) => here.request('node-b', String(n), LONG_MS)),
      )
      expect(answers).toEqual(numbers.map((n) => `answer to ${n}`))
    })

    it('says at once that nobody serves an address', async () => {
      const cause = await failure(here.request('nobody', '', LONG_MS))
      expect(cause).toBeInstanceOf(LinkUnavailable)
      expect(cause).toMatchObject({ code: 'link-unavailable', isUnserved: true })
    })

    it('says so too when it is not served any more', async () => {
      const { stop } = await there.serve('node-b', async () => 'b')
      expect(await here.request('node-b', '', LONG_MS)).toBe('b')
      await stop()
      expect(await failure(here.request('node-b', '', LONG_MS))).toMatchObject({ isUnserved: true })
      await there.serve('node-b', async () => 'again')
      expect(await here.request('node-b', '', LONG_MS)).toBe('again')
    })

    it('answers what it was handling before it stops', async () => {
      const begun = Promise.withResolvers<void>()
      const go = Promise.withResolvers<void>()
      const { stop } = await there.serve('node-b', async () => {
        begun.resolve()
        await go.promise
        return 'late'
      })
      const asked = here.request('node-b', '', LONG_MS)
      await begun.promise
      const stopped = stop()
      go.resolve()
      await stopped
      expect(await asked).toBe('late')
    })

    it.each([
      ['never answers', () => new Promise<string>(() => {})],
      ['throws', () => Promise.reject(new Error('a fault'))],
    ])('gives up on a handler that %s', async (_, handle) => {
      let handled = 0
      await there.serve('node-b', () => {
        handled++
        return handle()
      })
      const cause = await failure(here.request('node-b', '', 50))
      expect(cause).toMatchObject({ code: 'link-unavailable', isUnserved: false })
      expect(handled).toBe(1)
    })

    it('refuses requests beyond those that it handles at once', async () => {
      const go = Promise.withResolvers<void>()
      await there.serve('node-b', async (request) => {
        await go.promise
        return request
      })
      const asked = Array.from({ length: subject.concurrent }, (_, n) =>
        here.request('node-b', String(n), LONG_MS),
      )
      const cause = await failure(here.request('node-b', 'one more', LONG_MS))
      expect(cause).toBeInstanceOf(LinkBusy)
      expect(cause).toMatchObject({ isUnserved: true })
      go.resolve()
      expect(await Promise.all(asked)).toHaveLength(subject.concurrent)
      expect(await here.request('node-b', 'now', LONG_MS)).toBe('now')
    })

    it('carries what its limit allows and refuses more', async () => {
      await there.serve('node-b', async (request) => String(request.length))
      await there.serve('node-c', async (request) => 'x'.repeat(Number(request)))
      const full = 'x'.repeat(subject.bytes)
      expect(await here.request('node-b', full, LONG_MS)).toBe(String(full.length))
      const cause = await failure(here.request('node-b', `${full}x`, LONG_MS))
      expect(cause).toBeInstanceOf(LinkRefused)
      expect((cause as Error).message).toContain(String(subject.bytes))
      expect(await here.request('node-c', String(subject.bytes), LONG_MS)).toHaveLength(
        subject.bytes,
      )
      const answer = await failure(here.request('node-c', String(subject.bytes + 1), LONG_MS))
      expect(answer).toMatchObject({ code: 'link-unavailable', isUnserved: false })
    })

    it.each(['', 'a.b', 'a b', '*', '>', 'ü', 'a\n', 'a'.repeat(129)])(
      'refuses the address %j',
      async (address) => {
        expect(await failure(here.request(address, '', LONG_MS))).toBeInstanceOf(LinkRefused)
        expect(await failure(here.serve(address, async () => ''))).toBeInstanceOf(LinkRefused)
      },
    )

    it('lets go of those who wait when it closes, and serves no more', async () => {
      const begun = Promise.withResolvers<void>()
      await there.serve('node-b', () => {
        begun.resolve()
        return new Promise<string>(() => {})
      })
      await here.serve('node-a', async () => 'a')
      const cause = failure(here.request('node-b', '', LONG_MS))
      await begun.promise
      await here.close()
      expect(await cause).toMatchObject({ code: 'link-unavailable', isUnserved: false })
      expect(await failure(there.request('node-a', '', LONG_MS))).toMatchObject({
        isUnserved: true,
      })
      expect(await failure(here.request('node-b', '', LONG_MS))).toBeInstanceOf(LinkUnavailable)
    })
  })
}
