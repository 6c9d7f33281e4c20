// Runs every benchmark, each in a process of its own, one after the other.
import { spawnSync } from 'node:child_process'

const benchmarks = ['commands', 'replay', 'projections', 'log', 'bus', 'ftp', 'tokens', 'logins']
const chosen = process.argv.slice(2)

for (const name of chosen.length > 0 ? chosen : benchmarks) {
  if (!benchmarks.includes(name)) {
    console.error(`there is no benchmark ${name}: there are ${benchmarks.join(', ')}`)
    process.exit(2)
  }
  console.log(`\n== ${name}`)
  const path = new URL(`${name}.ts`, import.meta.url).pathname
  const { status } = spawnSync(process.execPath, [path], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
