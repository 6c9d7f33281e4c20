import { describe, expect, it } from 'vitest'

import { createStory } from '#actors/kernel/actor-story.fixture.ts'
import { mailboxActor } from '#actors/mailbox/mailbox.actor.ts'
import { MAILBOX_LIMITS, MAILBOX_REFUSALS } from '#actors/mailbox/mailbox.commands.ts'

const { messages, saved, unreadOfOne } = MAILBOX_LIMITS

function createMailbox() {
  const story = createStory(mailboxActor)
  const deliver = (by: string | null, sealed = 'sealed') => {
    story.env.by = by
    return story.tell({ type: 'mailbox.deliver', sealed, to: null })
  }
  const read = (upTo = 1_000_000) => story.tell({ type: 'mailbox.read', upTo })
  const numbers = () => story.context.letters.map(({ number }) => number)
  const fill = (count: number, name = 'sender') => {
    for (let at = 0; at < count; at++) deliver(`${name}${Math.floor(at / unreadOfOne)}`)
  }
  return { story, deliver, read, numbers, fill }
}

describe('a mailbox', () => {
  it('keeps what comes in order, with who sent it and when', () => {
    const { story, deliver } = createMailbox()
    deliver('ana', 'one')
    story.env.now += 5
    deliver('ben', 'two')
    expect(story.context.letters).toMatchObject([
      { number: 1, from: 'ana', sealed: 'one', isRead: false, isSaved: false },
      { number: 2, from: 'ben', sealed: 'two', atMs: story.env.now },
    ])
  })

  it('notes what has been shown, once, and not what came after it', () => {
    const { deliver, read } = createMailbox()
    deliver('ana')
    deliver('ana')
    expect(read(1)).toEqual([{ type: 'mailbox.messages-read', data: { numbers: [1] } }])
    expect(read(1)).toEqual([])
    expect(read(2)).toMatchObject([{ data: { numbers: [2] } }])
  })

  it('purges what was read, and what was saved only when asked for', () => {
    const { story, deliver, read, numbers } = createMailbox()
    for (let at = 0; at < 3; at++) deliver('ana')
    read(1)
    expect(story.tell({ type: 'mailbox.save' })).toMatchObject([{ data: { numbers: [1] } }])
    read(2)
    const purge = (includesSaved: boolean) => story.tell({ type: 'mailbox.purge', includesSaved })
    expect(purge(false)).toMatchObject([{ data: { numbers: [2] } }])
    expect(numbers()).toEqual([1, 3])
    expect(purge(true)).toMatchObject([{ data: { numbers: [1] } }])
    expect(purge(true)).toEqual([])
    expect(numbers()).toEqual([3])
  })

  it('takes so many unread ones of one sender, and of the site itself as many as there is room for', () => {
    const { deliver, read } = createMailbox()
    for (let at = 0; at < unreadOfOne; at++) expect(deliver('ana')).toHaveLength(1)
    expect(deliver('ana')).toBe(MAILBOX_REFUSALS.tooManyUnread)
    expect(deliver('ben')).toHaveLength(1)
    for (let at = 0; at <= unreadOfOne; at++) expect(deliver(null)).toHaveLength(1)
    read()
    expect(deliver('ana')).toHaveLength(1)
  })

  it('makes room by what was read, the oldest first, and refuses when nothing was', () => {
    const { deliver, read, numbers, fill } = createMailbox()
    fill(messages)
    expect(deliver('late')).toBe(MAILBOX_REFUSALS.mailboxFull)
    read(2)
    expect(deliver('late')).toMatchObject([
      { type: 'mailbox.messages-purged', data: { numbers: [1] } },
      { type: 'mailbox.message-received', data: { number: messages + 1 } },
    ])
    expect(numbers()).toHaveLength(messages)
    expect(numbers()[0]).toBe(2)
  })

  it('keeps so many saved ones, which make no room', () => {
    const { story, deliver, read, fill } = createMailbox()
    fill(saved)
    read()
    expect(story.tell({ type: 'mailbox.save' })).toHaveLength(1)
    fill(messages - saved, 'other')
    expect(deliver('late')).toBe(MAILBOX_REFUSALS.mailboxFull)
    read(saved + 1)
    expect(story.tell({ type: 'mailbox.save' })).toBe(MAILBOX_REFUSALS.tooManySaved)
  })
})
