import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'
import { empty, json, redirect } from '#gateways/http/codec.ts'
import { memberRoute, openRoute, type Route } from '#gateways/http/command.ts'

const noteShape = z.object({
  text: z.string().max(2_000),
  tags: z.array(z.string()).optional(),
  'a/b~c': z.number().optional(),
})

/**
 * Routes of every sort, for what no route of the table has yet. `made` counts the notes that were
 * made; a note whose text is `slow` is made when `release` is called.
 */
export function createTestRoutes() {
  let made = 0
  let release = () => {}
  const tags = ['test']

  const create = memberRoute({
    method: 'POST',
    pattern: '/test/notes',
    access: 'members',
    scope: 'chat',
    summary: 'Makes a note',
    tags,
    query: z.object({ place: z.string().optional() }),
    body: noteShape,
    replies: { 201: noteShape.extend({ command: z.string(), step: z.string() }) },
    async run({ body, commandId }) {
      if (body.text === 'slow') await new Promise<void>((resolve) => (release = resolve))
      if (body.text === 'refused') throw new Refusal('no-such-room', 'There is no such room.')
      made++
      return json({ ...body, command: commandId(), step: commandId('second') }, 201)
    },
  })
  const list = memberRoute({
    method: 'GET',
    pattern: '/test/notes',
    access: 'members',
    summary: 'How many notes there are',
    tags,
    replies: { 200: z.object({ made: z.number() }) },
    run: () => json({ made }),
  })
  const one = { pattern: '/test/notes/:id', tags, parameters: z.object({ id: z.coerce.number() }) }
  const replace = memberRoute({
    ...one,
    method: 'PUT',
    access: 'members',
    summary: 'Replaces a note',
    body: noteShape,
    bodyBytes: 100,
    replies: { 200: z.object({ id: z.number(), text: z.string() }) },
    run: ({ parameters, body }) => json({ id: parameters.id, text: body.text }),
  })
  const remove = memberRoute({
    ...one,
    method: 'DELETE',
    access: 'administrators',
    summary: 'Removes a note',
    replies: { 204: 'empty' },
    run: () => empty(),
  })
  const leave = openRoute({
    method: 'GET',
    pattern: '/test/elsewhere',
    access: 'everyone',
    summary: 'Goes elsewhere with two cookies',
    tags,
    replies: { 302: 'empty' },
    run: () => redirect('/healthz', { 'Set-Cookie': ['one=1; HttpOnly', 'two=2; Secure'] }),
  })
  const caller = openRoute({
    method: 'POST',
    pattern: '/test/caller',
    access: 'everyone',
    summary: 'Who asks',
    tags,
    body: z.object({}).optional(),
    replies: { 200: z.object({ address: z.string() }) },
    run({ call: { address, path, userAgent, cookie, isLocal } }) {
      return json({ address, path, user_agent: userAgent, cookie, is_local: isLocal })
    },
  })
  const broken = openRoute({
    method: 'GET',
    pattern: '/test/broken-header',
    access: 'everyone',
    summary: 'Tries to smuggle a header in',
    tags,
    replies: { 302: 'empty' },
    run: () => redirect('/\r\nX-Smuggled: 1'),
  })
  const routes: readonly Route[] = [create, list, replace, remove, leave, caller, broken]
  return { routes, made: () => made, release: () => release() }
}
