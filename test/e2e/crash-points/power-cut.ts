// Prints what power cuts do to the log with and without the flush: see README.md.
import { simulatePowerCuts } from '#test/e2e/crash-points/power-cuts.ts'

const CUTS = Number(process.argv[2] ?? 20)
const seed = Number(process.env['TEST_SEED'] ?? 0) || Math.floor(Math.random() * 2 ** 31)
console.log(`TEST_SEED=${seed}, ${CUTS} power cuts of each kind`)
for (const durability of ['fsync', 'commit'] as const) {
  const kinds = ['kept', 'lost', 'torn'] as const
  const cuts = await simulatePowerCuts({ durability, unflushed: kinds, cuts: CUTS, seed })
  for (const kind of kinds) {
    const own = cuts.filter(({ unflushed }) => unflushed === kind)
    const sum = (of: (cut: (typeof own)[number]) => number) =>
      own.reduce((total, cut) => total + of(cut), 0)
    console.log(
      `durability ${durability}, unflushed bytes ${kind}: ${own.length} cuts,`,
      `${sum(({ acknowledged }) => acknowledged)} facts acknowledged,`,
      `${sum(({ lost }) => lost)} lost in ${own.filter(({ lost }) => lost > 0).length} cuts,`,
      `${own.filter(({ damage }) => damage !== undefined).length} logs damaged`,
    )
    const damages = new Set(own.flatMap(({ damage }) => damage ?? []))
    for (const damage of [...damages].slice(0, 5)) console.log(`  ${damage}`)
  }
}
