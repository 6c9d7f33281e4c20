import { parseArgs } from 'node:util'

import { simulate } from '#test/simulation/simulate.ts'

// `node test/simulation/run.ts <seed> [--trace]` runs one seed again and says what was wrong.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { trace: { type: 'boolean', default: false } },
})
const seed = Number(positionals[0])
if (!Number.isSafeInteger(seed)) throw new Error('which seed?')
const { fingerprint, violations, history } = await simulate({
  seed,
  ...(values.trace && { trace: (line) => void process.stdout.write(`${line}\n`) }),
})
for (const { property, detail } of violations) process.stdout.write(`${property}: ${detail}\n`)
process.stdout.write(
  `seed ${seed}: ${history.log.length} facts, ${history.commands.length} commands, ` +
    `${violations.length} violations, fingerprint ${fingerprint}\n`,
)
process.exitCode = violations.length > 0 ? 1 : 0
