import { mkdir } from 'node:fs/promises'
import { Readable, Writable } from 'node:stream'

import { dataFolder } from '#infra/config/data-folder.ts'
import type { Settings } from '#infra/config/settings.ts'

import { fill, temporaryFolder, withLog } from '#test/conformance/log-files.ts'

import { createLogActions } from '#wiring/log-tools.ts'

export const GIVEN = { config: undefined, values: {} }
export const json = { json: true }

/** The commands as `main.ts` has them, on a data folder of its own. */
export async function tools(input = '') {
  const folder = dataFolder(await temporaryFolder())
  const said: string[] = []
  const complaints: string[] = []
  let output = ''
  const actions = createLogActions(
    () => ({ data_dir: folder.path }) as Settings,
    {
      say: (line) => void said.push(line),
      complain: (line) => void complaints.push(line),
      writeProgress: () => {},
      isTerminal: false,
      columns: 80,
      interrupted: () => new AbortController().signal,
    },
    {
      input: Readable.from([input]),
      output: new Writable({
        write(chunk, _, done) {
          output += String(chunk)
          done()
        },
      }),
    },
  )
  await mkdir(folder.log, { recursive: true })
  return {
    ...actions,
    folder,
    said,
    complaints,
    output: () => output,
    outcome: () => JSON.parse(said.at(-1)!) as Record<string, unknown>,
  }
}

/** With a hundred facts in the log. */
export async function filledTools() {
  const made = await tools()
  await withLog(made.folder.log, (log) => fill(log, 100))
  return made
}
