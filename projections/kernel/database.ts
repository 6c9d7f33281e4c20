import type { Kysely } from 'kysely'

/** The runner's own tables; those of the read models are known by their definitions. */
export interface KernelTables {
  projection_checkpoint: {
    projection: string
    /** Version and shape of the projection that made the rows. */
    version: string
    /** Every fact up to this position is in the rows. */
    position: number
    /** Id of the last fact in the rows, by which another log is told apart; empty for none. */
    fact: string
  }
}

/** A database, or a transaction of one: a projection's tables are known by its definitions. */
export type Database = Kysely<any>
