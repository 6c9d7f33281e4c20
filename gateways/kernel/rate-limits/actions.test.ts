import { describe, expect, it, test } from 'vitest'

import { DEFAULT_QUOTAS, readQuotas } from '#gateways/kernel/rate-limits/actions.ts'
import { rateLimitHeaders } from '#gateways/kernel/rate-limits/headers.ts'
import { takeFrom, UNLIMITED } from '#gateways/kernel/rate-limits/meter.ts'
import { rateLimited } from '#gateways/kernel/rate-limits/refusal.ts'

test('the defaults are those of the site', () => {
  const perMinute = Object.entries(DEFAULT_QUOTAS).map(([action, quota]) => [action, quota?.limit])
  expect(Object.fromEntries(perMinute)).toEqual({
    send_message: 60,
    join_room: 10,
    create_room: 3,
    upload_file: 5,
    api_write: 120,
    api_read: 600,
  })
})

describe('quotas as written', () => {
  it('name a number in so many seconds, or none; what is left out keeps its default', () => {
    const quotas = readQuotas(' send_message=120/60, join_room=off\ncreate_room=1/900 ')
    expect(quotas).toEqual({
      ...DEFAULT_QUOTAS,
      send_message: { limit: 120, windowMs: 60_000 },
      join_room: undefined,
      create_room: { limit: 1, windowMs: 900_000 },
    })
    expect(readQuotas('')).toEqual(DEFAULT_QUOTAS)
  })

  it.each([
    ['send=1/60', /^send is none of send_message, /],
    ['toString=1/60', /^toString is none of/],
    ['send_message', /^send_message is not like/],
    ['send_message=0/60', /is not like/],
    ['send_message=60/0', /is not like/],
    ['send_message=60/901', /at most 900 seconds/],
    ['send_message=9999999/60', /at most 1000000 in/],
    ['send_message=-1/60', /is not like/],
    ['send_message=6e1/60', /is not like/],
    ['send_message=60', /is not like/],
  ])('refuses %s', (text, words) => {
    expect(() => readQuotas(text)).toThrow(words)
  })
})

test('a verdict is told in the header fields of the draft', () => {
  const demand = {
    quota: { limit: 2, windowMs: 60_000 },
    tokens: 1,
    maxWaitMs: 0,
    now: 1_700_000_000_000,
  }
  const first = takeFrom(undefined, demand)
  expect(rateLimitHeaders('api_read', first.verdict)).toEqual({
    'RateLimit-Policy': '"api_read";q=2;w=60',
    RateLimit: '"api_read";r=1;t=30',
  })
  const { meter } = takeFrom(first.meter, demand)
  const { verdict } = takeFrom(meter, { ...demand, now: demand.now + 1 })
  expect(rateLimitHeaders('api_read', verdict)).toEqual({
    'RateLimit-Policy': '"api_read";q=2;w=60',
    RateLimit: '"api_read";r=0;t=60',
    'Retry-After': '30',
  })
  expect(rateLimitHeaders('send_message', UNLIMITED)).toEqual({})
  expect(rateLimited('api_read', verdict)).toMatchObject({
    code: 'rate-limited',
    message: 'You are asking too fast: try again in 30 seconds.',
    fields: { retryAfterMs: 29_999, action: 'api_read' },
  })
})
