/** Parameters as `@node-rs/argon2` names them; its default algorithm is argon2id. */
export interface Argon2Parameters {
  readonly memoryCost: number
  readonly timeCost: number
  readonly parallelism: number
}

/** What a thread of the pool can do. */
export type Task =
  | { readonly kind: 'hash'; readonly password: string; readonly argon2: Argon2Parameters }
  | { readonly kind: 'verify'; readonly hash: string; readonly password: string }
  | {
      readonly kind: 'verify-glftpd'
      readonly hash: string
      /** In hex. */
      readonly salt: string
      readonly password: string
    }
  | {
      readonly kind: 'scram'
      readonly password: string
      readonly salt: Uint8Array
      readonly iterations: number
    }

export interface Job {
  readonly id: number
  readonly task: Task
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: unknown }
