import type { Command, CommandContext, Receipt } from '#actors/kernel/host.ts'
import type { ActorRef, Fact } from '#events/fact.ts'

import type { PlannedDeath } from '#test/e2e/crash-points/death.ts'

// What test and program say to each other: one JSON object a line.

/** The program's one argument. */
export interface ProgramOptions {
  /** Of the log and the host's store. */
  readonly folder: string
  /** `commit` leaves out the flush: only to show that the tests notice. */
  readonly durability: 'fsync' | 'commit'
  /** Milliseconds since 1970 from which on the program's time runs faster than the real one. */
  readonly origin: number
  /** Publishes over this server instead of in process. */
  readonly natsUrl?: string
  readonly death?: PlannedDeath
}

/** From the test, on the program's standard input. */
export type Request =
  | {
      readonly ask: 'send'
      readonly ref: ActorRef
      readonly command: Command
      readonly context: CommandContext
    }
  | { readonly ask: 'state'; readonly ref: ActorRef }
  /** Ends it in order. */
  | { readonly ask: 'stop' }

/** `number` counts the requests of one life. */
export type NumberedRequest = Request & { readonly number: number }

/** From the program, on its standard output. */
export type Said =
  | { readonly say: 'ready' }
  | { readonly say: 'receipt'; readonly number: number; readonly receipt: Receipt }
  | { readonly say: 'refusal'; readonly number: number; readonly code: string }
  | { readonly say: 'state'; readonly number: number; readonly state: ToldState }
  /** A listener on the bus in process: from where on it listens, and what it hears. */
  | { readonly say: 'listens'; readonly after: number }
  | { readonly say: 'heard'; readonly fact: Fact }
  | { readonly say: 'fault'; readonly fault: string }

export interface ToldState {
  readonly value: string
  readonly context: unknown
  readonly version: number
}

export type Answer = Extract<Said, { readonly number: number }>
