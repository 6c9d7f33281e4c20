import { seedsSuite } from '#test/simulation/seeds.case.ts'

seedsSuite(1, 2)
