import { seedsSuite } from '#test/simulation/seeds.case.ts'

seedsSuite(0, 2)
