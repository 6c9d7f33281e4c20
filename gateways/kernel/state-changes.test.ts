import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { type Change, changesBetween, pathText } from '#gateways/kernel/state-changes.ts'

const all = (before: unknown, after: unknown) => changesBetween(before, after, 1_000).changes

describe('the differences of two states', () => {
  it('are places with what was there and what is there now', () => {
    const before = { topic: 'a', members: { ann: ['1', '2'], bob: ['3'] }, at: 1 }
    const after = { topic: 'b', members: { ann: ['1'], eve: [] }, at: 1 }
    expect(all(before, after)).toEqual([
      { path: ['members', 'ann', 1], kind: 'removed', before: '2' },
      { path: ['members', 'bob'], kind: 'removed', before: ['3'] },
      { path: ['members', 'eve'], kind: 'added', after: [] },
      { path: ['topic'], kind: 'changed', before: 'a', after: 'b' },
    ])
  })

  it.each([
    [1, 1, []],
    [null, {}, [{ path: [], kind: 'changed', before: null, after: {} }]],
    [{ a: [] }, { a: {} }, [{ path: ['a'], kind: 'changed', before: [], after: {} }]],
    [{ a: undefined }, { a: null }, [{ path: ['a'], kind: 'changed', after: null }]],
  ])('%j and %j', (before, after, changes) => {
    expect(all(before, after)).toEqual(changes)
  })

  it('are cut where the limit is, and it is said', () => {
    const after = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`k${n}`, n]))
    expect(changesBetween({}, after, 3)).toMatchObject({ changes: { length: 3 }, isCut: true })
    expect(changesBetween({}, after, 10)).toMatchObject({ changes: { length: 10 }, isCut: false })
  })

  it('make the one out of the other', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
        expect(patched(before, all(before, after))).toEqual(after)
      }),
    )
  })
})

it.each([
  [[], '.'],
  [['members', 'ann', 0], 'members.ann[0]'],
  [['files', 'a.r00', 'state'], 'files["a.r00"].state'],
  [['odd key'], '["odd key"]'],
])('%j is written %s', (path, text) => {
  expect(pathText(path)).toBe(text)
})

/** Applies changes; what was removed from a list is cut off its end. */
function patched(before: unknown, changes: readonly Change[]): unknown {
  const root = { value: structuredClone(before) }
  for (const { path, kind, after } of changes) {
    const steps = ['value', ...path]
    const last = steps.pop()!
    const parent = steps.reduce<any>((node, key) => node[key], root)
    if (kind !== 'removed') define(parent, last, after)
    else if (!Array.isArray(parent)) delete parent[last]
    else parent.length = Math.min(parent.length, Number(last))
  }
  return root.value
}

/** Also for `__proto__`, which plain setting would take for the object's nature. */
function define(parent: object, key: string | number, value: unknown): void {
  const how = { value, enumerable: true, writable: true, configurable: true }
  Object.defineProperty(parent, key, how)
}
