import { generateSync } from 'otplib'

import type { AccountContext } from '#actors/account/account.commands.ts'
import type { CommandContext } from '#actors/kernel/host.ts'
import type { TestSystem } from '#test/harness.ts'

/** Gives a member a second factor. The code of step 0 has confirmed it and is used up by that. */
export async function enrolSecondFactor(
  { secondFactor, host, clock, ids }: TestSystem,
  id: string,
) {
  const own = (): CommandContext => ({ by: id, connection: null, commandId: ids.next() })
  const { secret } = await secondFactor.begin(id, own())
  const account = await host.state<AccountContext>({ kind: 'account', id })
  const now = Math.floor(clock.now() / 1_000)
  /** The code so many half minutes from now; one is good as early as one step before its time. */
  const code = (step: number) => generateSync({ secret, epoch: now + step * 30 })
  const recovery = await secondFactor.confirm(account, code(0), own())
  return { code, recovery }
}
