// A server puts the whole of it beside its hooks.
export type * from '../../infra/hooks/hooks-api.ts'
