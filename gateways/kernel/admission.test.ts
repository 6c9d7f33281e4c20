import { expect, test } from 'vitest'

import { Admission, type AdmissionLimits } from '#gateways/kernel/admission.ts'

const ROOMY = { connections: 100, connectionsPerAddress: 100, unregistered: 100 }

interface Guest {
  readonly address: string
  isRegistered: boolean
}

function house(limits: Partial<AdmissionLimits>) {
  const admission = new Admission<Guest>({ ...ROOMY, ...limits })
  return {
    admission,
    enter: (address: string, isRegistered = false): Guest => {
      const guest = { address, isRegistered }
      admission.add(guest)
      if (isRegistered) admission.registered(guest)
      return guest
    },
  }
}

test('admits while there is room', () => {
  const { admission, enter } = house({ connections: 2 })
  enter('a')
  expect(admission.judge('a')).toEqual({ kind: 'admit' })
  expect(admission.counts).toEqual({ all: 1, unregistered: 1 })
})

test('the oldest that has not logged in makes room', () => {
  const { admission, enter } = house({ unregistered: 2 })
  const first = enter('a')
  enter('b')
  expect(admission.judge('c')).toEqual({ kind: 'replace', evicted: first })
  admission.remove(first)
  expect(admission.judge('c')).toEqual({ kind: 'admit' })
})

test('members are not sent away for others: who comes is refused', () => {
  const { admission, enter } = house({ connections: 2 })
  enter('a', true)
  enter('b', true)
  expect(admission.judge('c')).toEqual({ kind: 'refuse', reason: 'The server is full' })
})

test('an address that has too many gives up its own', () => {
  const { admission, enter } = house({ connectionsPerAddress: 2 })
  const other = enter('b')
  enter('a', true)
  const silent = enter('a')
  expect(admission.judge('a')).toEqual({ kind: 'replace', evicted: silent })
  admission.remove(silent)
  enter('a', true)
  expect(admission.judge('a').kind).toBe('refuse')
  expect(admission.judge('b')).toEqual({ kind: 'admit' })
  admission.remove(other)
  expect([...admission].length).toBe(2)
})
