import type { ConnectionRate } from '#gateways/kernel/connection-rate.ts'

import type { FtpLimits } from '#gateways/ftp/options.ts'

/** A client that has been let in. */
export interface Guest {
  readonly address: string
  /** Whether somebody has logged in by it. */
  isMember: () => boolean
  /** It has had to make room for another. */
  isLeaving: boolean
  dismiss: () => void
}

/** Who may come in: a crowd that says nothing must not keep members out. */
export interface Admission {
  /** Undefined when there is no room, or the address comes too fast. The oldest who has not logged in makes room. */
  admit(address: string): Guest | undefined
  leave(guest: Guest): void
}

export function createAdmission(
  limits: Pick<FtpLimits, 'sessions' | 'sessionsPerAddress' | 'unauthenticated'>,
  rate: ConnectionRate,
): Admission {
  // In order of arrival.
  const guests = new Set<Guest>()

  const crowdOut = (isOne: (guest: Guest) => boolean): boolean => {
    for (const guest of guests) {
      if (guest.isMember() || !isOne(guest)) continue
      guests.delete(guest)
      guest.isLeaving = true
      guest.dismiss()
      return true
    }
    return false
  }
  const count = (isOne: (guest: Guest) => boolean): number => {
    let counted = 0
    for (const guest of guests) if (isOne(guest)) counted++
    return counted
  }

  return {
    admit(address) {
      if (!rate.admits(address)) return undefined
      const isHere = (guest: Guest): boolean => guest.address === address
      if (count(isHere) >= limits.sessionsPerAddress && !crowdOut(isHere)) return undefined
      const strangers = count((guest) => !guest.isMember())
      const isCrowded = strangers >= limits.unauthenticated || guests.size >= limits.sessions
      if (isCrowded && !crowdOut(() => true)) return undefined
      const guest: Guest = {
        address,
        isMember: () => false,
        isLeaving: false,
        dismiss: () => {},
      }
      guests.add(guest)
      return guest
    },
    leave: (guest) => void guests.delete(guest),
  }
}
