/** Whose key seals and tags what is no member's (events/seals.ts): the server's own. */
export const SERVER = 'server'
