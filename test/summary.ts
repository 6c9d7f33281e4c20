// Reads vitest's JSON report and ends with one plain line; fails when a test was skipped.
import { readFileSync } from 'node:fs'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const report = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Report
const skipped = report.testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ status }) => status !== 'passed' && status !== 'failed')
for (const { fullName } of skipped) console.log(`skipped: ${fullName}`)
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed`)
if (report.numFailedTests > 0 || skipped.length > 0 || report.numPassedTests === 0) {
  process.exitCode = 1
}
