import { type Caller, type Operation, perform } from '#gateways/members/administration/operation.ts'
import { OPERATIONS, type OperationName } from '#gateways/members/administration/operations.ts'
import type { ReadModels } from '#projections/read-models.ts'
import { basic, startHttp } from '#test/conformance/http-server.ts'
import { startReadModels } from '#test/conformance/projections.fixture.ts'
import { createTestSystem, type TestSystem, type TestSystemOptions } from '#test/harness.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** As a test looks at it; undefined where there is none. */
  readonly body: any
}

export interface Asking {
  /** A member of the fixture, with its password. */
  readonly as?: string
  /** Instead: the whole header. */
  readonly authorization?: string
  readonly bearer?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Who asks: a siteop, and an admin of a group where a test has made one of that name. */
export const root = { as: 'root' }
export const boss = { as: 'boss' }
/** A password that nothing is wrong with. */
export const GOOD = 'correct horse battery'

/** A live HTTP gateway and how to ask it; `root` is a siteop, `alice` and `bob` members. */
export async function startAdministration(
  options: TestSystemOptions & {
    readonly system?: TestSystem
    readonly readModels?: ReadModels
  } = {},
) {
  const { readModels, system = await createTestSystem(options) } = options
  const server = await startHttp({ system, ...(readModels && { readModels }) })

  async function ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    const { as, bearer, body } = asking
    const given = bearer === undefined ? as && basic(as) : `Bearer ${bearer}`
    const authorization = asking.authorization ?? given
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...asking.headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const { status, headers } = response
    return { status, headers, body: text === '' ? undefined : JSON.parse(text) }
  }

  return {
    system,
    server,
    ask,
    /** As `ask`, below `/api/v1`; throws unless the status is the expected one. */
    async api(expected: number, request: string, asking?: Asking): Promise<any> {
      const [method = '', path = ''] = request.split(' ')
      const { status, body } = await ask(method, `/api/v1${path}`, asking)
      if (status === expected) return body
      throw new Error(`${request}: ${status} ${JSON.stringify(body)}`)
    },
    logIn: async (username: string, more: object = {}) =>
      await ask('POST', '/api/v1/auth/login', {
        body: { username, password: 'password', ...more },
      }),
    stop: () => server.stop(),
  }
}

export type Administration = Awaited<ReturnType<typeof startAdministration>>

/** The same with read models in a real PostgreSQL. */
export async function startWithReadModels(options: TestSystemOptions = {}) {
  const system = await createTestSystem(options)
  const reads = await startReadModels(system)
  const administration = await startAdministration({ system, readModels: reads.readModels })
  return {
    ...administration,
    ...reads,
    async stop() {
      await administration.stop()
      await reads.stop()
    },
  }
}

export type SiteWithReadModels = Awaited<ReturnType<typeof startWithReadModels>>

/** Has the operator at the command line do something, without read models. */
export async function operate(system: TestSystem, name: OperationName, params: object) {
  const caller: Caller = {
    member: undefined,
    origin: undefined,
    context: () => ({ by: null, connection: null, commandId: system.ids.next() }),
  }
  const operation: Operation = OPERATIONS[name]
  const deps = { ...system, readModels: undefined }
  const result: unknown = await perform(deps, operation, params, caller)
  return result as any
}
