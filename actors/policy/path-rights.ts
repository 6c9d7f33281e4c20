import type { PathRight } from '#actors/policy/actions.ts'
import { formsOf } from '#actors/policy/path-forms.ts'
import {
  allow,
  deny,
  type PolicyAnswer,
  type PolicyCost,
  type PolicyRequest,
} from '#actors/policy/policy-request.ts'
import type { RulesInForce } from '#actors/policy/rules-in-force.ts'
import { answerOf } from '#actors/policy/verdict-answer.ts'
import type { Subject } from '#actors/policy/who.ts'

type PathRequest = PolicyRequest & { readonly action: PathRight }

/** What is granted to all, and what more to those whose the thing is. */
const OWN: Partial<Record<PathRight, PathRight>> = { delete: 'deleteown', rename: 'renameown' }
const OF_OWNERS: ReadonlySet<PathRight> = new Set(['deleteown', 'renameown'])

/** Whether a member may do something at a path. */
export function decidePathRight(request: PathRequest, rights: RulesInForce): PolicyAnswer {
  const { member, action, path, isOwner } = request
  if (path === undefined) return deny('path-missing', `${action} is about a path.`)
  const read = formsOf(path)
  if (!read.isSafe) return deny('unsafe-path', read.words)
  const { forms } = read
  const what = `${action} ${path}`

  const hiding = rights.hiding(forms, member)
  if (action === 'privpath') {
    if (hiding) return answerOf(hiding, member.name, what)
    return allow('public-path', `${path} is hidden from nobody.`)
  }
  if (hiding && !hiding.isGranted && request.isTakenForAbsent === true) {
    return answerOf(rights.atAbsentPath(action, forms, member), member.name, what)
  }
  if (hiding && !hiding.isGranted) {
    const words = `${path} is private, and ${member.name} is not among those who see it.`
    return deny('private-path', words, { ...(hiding.rule && { rule: hiding.rule }) })
  }
  if (OF_OWNERS.has(action) && isOwner === false) {
    return deny('not-the-owner', `${path} does not belong to ${member.name}.`)
  }
  const answer = answerOf(rights.atPath(action, forms, member), member.name, what)
  const own = OWN[action]
  if (!answer.isAllowed && own !== undefined && isOwner === true) {
    const asOwner = answerOf(rights.atPath(own, forms, member), member.name, `${own} ${path}`)
    return asOwner.isAllowed ? { ...asOwner, reason: 'granted-as-owner' } : answer
  }
  return answer.isAllowed ? withCost(answer, request, rights, forms) : answer
}

/** Whether a member can see that a path is there, for listings: a name that is unsafe is not. */
export function isVisible(
  member: PolicyRequest['member'],
  path: string,
  rights: RulesInForce,
): boolean {
  const read = formsOf(path)
  return read.isSafe && (rights.hiding(read.forms, member)?.isGranted ?? true)
}

/** Whether a path is hidden from nobody: what is said to all may name it. */
export function isPublic(path: string, rights: RulesInForce): boolean {
  const read = formsOf(path)
  return read.isSafe && (rights.hiding(read.forms, ANYBODY)?.isGranted ?? true)
}

const ANYBODY: Subject = { id: '', groups: [], flags: '', role: 'user' }

/**
 * The same for the names in one folder: where no line is about them, a name costs one look at its
 * characters.
 */
export function visibleIn(
  member: PolicyRequest['member'],
  folder: string,
  rights: RulesInForce,
): (name: string) => boolean {
  if (!isVisible(member, folder, rights)) return () => false
  const above = folder === '/' ? '' : folder
  const isOpen = isUnruled(folder, rights)
  return (name) => (isOpen && isPlain(name)) || isVisible(member, `${above}/${name}`, rights)
}

/** Whether a member who sees the folder sees every plain name below it, however deep. */
export function seesAllPlain(
  member: PolicyRequest['member'],
  folder: string,
  rights: RulesInForce,
): boolean {
  return isUnruled(folder, rights) && isVisible(member, folder, rights)
}

/** No line is about a plain name below the folder. */
function isUnruled(folder: string, rights: RulesInForce): boolean {
  const read = formsOf(folder)
  return read.isSafe && read.forms.length === 1 && !rights.canHideIn(read.forms[0])
}

/** One name in ASCII that is the same in all its forms: safe, and without percent-escapes. */
export function isPlain(name: string): boolean {
  return PRINTABLE.test(name) && !SPECIAL.test(name)
}

const PRINTABLE = /^[ -~]+$/
const SPECIAL = /[/\\%]|[. ]$/

function withCost(
  answer: PolicyAnswer,
  request: PathRequest,
  rights: RulesInForce,
  forms: readonly [string, ...string[]],
): PolicyAnswer {
  const { action, member, ledger, sizeBytes } = request
  if (ledger === undefined || sizeBytes === undefined) return answer
  const { section, ratio, balanceBytes, creditLoss = 1 } = ledger
  const costOf = (bytes: number): PolicyCost => {
    return { section, bytes, ratio, kind: bytes > 0 ? 'credits' : 'free' }
  }
  // glFTPd: an upload earns its size times the ratio; a leech (ratio 0) neither earns nor pays.
  if (action === 'upload' || action === 'resume' || action === 'overwrite') {
    return { ...answer, cost: costOf(Math.floor(sizeBytes * ratio)) }
  }
  if (action !== 'download') return answer
  const isFree = ratio === 0 || rights.atPath('freefile', forms, member).isGranted
  const needBytes = isFree ? 0 : Math.ceil(sizeBytes * creditLoss)
  const cost = costOf(needBytes)
  if (needBytes <= Math.max(balanceBytes, 0)) return { ...answer, cost }
  const words = `${member.name} has ${balanceBytes} bytes of credits in ${section}, and it costs ${needBytes}.`
  const credits = { needBytes, haveBytes: balanceBytes }
  return deny('insufficient-credits', words, {
    ...(answer.rule && { rule: answer.rule }),
    cost,
    credits,
  })
}
