import type { Hooks } from './veza-hooks.d.ts'

// Goes into the folder `hooks` of the data folder, where it is loaded at once and again whenever
// it changes. Each file runs in a thread of its own.

/** What a hook keeps in its store. */
interface Tally {
  readonly refused: number
}

export default function setUp(hooks: Hooks): void {
  // Programs are for the games section alone; if this should fail, they stay out.
  hooks.on(
    'upload.before',
    { paths: ['*.exe', '*.com', '*.bat'] },
    ({ member, section, path }) => {
      if (section === 'games' || member.flags.includes('1')) return 'pass'
      const { refused = 0 } = (hooks.store.get(member.id) ?? {}) as Partial<Tally>
      hooks.store.set(member.id, { refused: refused + 1 } satisfies Tally)
      return hooks.veto(`${path}: no programs here. That was number ${refused + 1}.`)
    },
    { budgetMs: 200, onFailure: 'veto' },
  )

  hooks.on('command.before', { commands: ['SITE WIPE'] }, ({ member }) =>
    member.flags.includes('1') ? undefined : hooks.veto('Ask a siteop to wipe.'),
  )

  hooks.on('fact', { types: ['race.completed'] }, ({ stream, data }) => {
    hooks.log(`${stream} is complete: ${String(data['files'])} files`)
  })
}
