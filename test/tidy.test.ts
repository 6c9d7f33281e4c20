import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'

import { describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url).pathname
const SKIPPED = new Set(['node_modules', 'data', '.git', 'peers'])

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? sources(path) : entry.name.endsWith('.ts') ? [path] : []
  })
}

const files = sources(root).map((path) => ({
  path: relative(root, path),
  text: readFileSync(path, 'utf8'),
}))

/** What each folder may import of ours; tests may import anything. */
const ALLOWED: Record<string, readonly RegExp[]> = {
  events: [/^#events\//],
  actors: [/^#events\//, /^#actors\//],
  projections: [/^#events\//, /^#projections\//],
  infra: [/^#events\//, /^#infra\//],
  gateways: [
    /^#events\//,
    /^#gateways\//,
    /^#projections\/(read|account|release|transfer)-models\.ts$/,
    /^#actors\/[a-z-]+\/[a-z-]+\.commands\.ts$/,
    /^#actors\/kernel\/host\.ts$/,
    // Pure rules, which gateways ask as actors do; the actor itself is the host's.
    /^#actors\/policy\/(?!policy\.(?!commands))[a-z.-]+\.ts$/,
    /^#actors\/site\/section(s-now|-names)\.ts$/,
  ],
}

const importsOf = (text: string): string[] =>
  [...text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)/gm)].map(
    (match) => (match[1] ?? match[2])!,
  )

const isTest = (path: string) => /\.(test|case)\.ts$/.test(path) || path.startsWith('test/')

describe('who may import whom', () => {
  it.each(Object.entries(ALLOWED))('%s', (folder, allowed) => {
    const wrong = files
      .filter(({ path }) => path.startsWith(`${folder}/`) && !isTest(path))
      .flatMap(({ path, text }) =>
        importsOf(text)
          .filter((name) => name.startsWith('#') || name.startsWith('.'))
          .filter((name) => !allowed.some((pattern) => pattern.test(name)))
          .map((name) => `${path} imports ${name}`),
      )
    expect(wrong).toEqual([])
  })

  it('the rule above finds a wrong import', () => {
    expect(importsOf("import { a } from '#infra/x.ts'\nexport type { B } from '../y.ts'")).toEqual([
      '#infra/x.ts',
      '../y.ts',
    ])
  })

  it('nothing imports a test or the composition root', () => {
    const wrong = files
      .filter(({ path }) => !isTest(path))
      .filter(({ text }) =>
        importsOf(text).some((name) => /#test\/|#main\.ts|\.test\.ts/.test(name)),
      )
    expect(wrong.map(({ path }) => path).filter((path) => !path.startsWith('bench/'))).toEqual([])
  })
})

describe('how files are', () => {
  it('named in kebab-case, and for what they hold', () => {
    const vague = /^(utils?|helpers?|types?|manager|index|common|misc)\.ts$/
    const names = files.map(({ path }) => path)
    expect(names.filter((path) => vague.test(basename(path)))).toEqual([])
    expect(names.filter((path) => !/^[a-z0-9]+([.-][a-z0-9]+)*\.ts$/.test(basename(path)))).toEqual(
      [],
    )
  })

  it('300 lines long at most, tests and tables apart', () => {
    const long = files
      .filter(({ path }) => !isTest(path))
      .map(({ path, text }) => `${path} ${text.split('\n').length}`)
      .filter((line) => Number(line.split(' ')[1]) > 300)
    expect(long).toEqual([])
  })

  it('free of what a machine’s clock decides, where rules and folds are', () => {
    const wrong = files.filter(
      ({ path, text }) =>
        /^(actors|events|projections)\//.test(path) &&
        !isTest(path) &&
        /Date\.now\(|new Date\(\)|Math\.random\(|setTimeout\(|setInterval\(/.test(text),
    )
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  it('free of focused and silently skipped tests', () => {
    const wrong = files.filter(({ text }) => /\b(it|test|describe)\.(only|todo|skip)\(/.test(text))
    expect(wrong.map(({ path }) => path).filter((path) => path !== 'test/tidy.test.ts')).toEqual([])
  })
})

describe('top level', () => {
  it('holds the folders of the architecture', () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .filter((name) => !SKIPPED.has(name))
    expect(folders.toSorted()).toEqual([
      'actors',
      'bench',
      'events',
      'examples',
      'gateways',
      'infra',
      'projections',
      'test',
      'wiring',
    ])
  })
})
