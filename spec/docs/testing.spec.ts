import { blocksOf, execute, isTest } from './examples.js'

// Two weeks and herds are played here, on machines that have other work too.
jest.setTimeout(60_000)

const blocks = blocksOf('testing.md')

describe('the guide to testing', () => {
  it('[TE21] has examples, and all of them run here', () => {
    expect(blocks.length).toBeGreaterThan(10)
    expect(blocks.filter((block) => !isTest(block))).toEqual([])
  })

  for (const { code, index } of blocks) {
    describe(`[TE21] example ${index + 1}`, () => {
      execute(code)
    })
  }

  for (const { code } of blocksOf('events.md').filter(isTest)) {
    describe('[TE21] [NS20] [NS21] the example of the guide to events', () => {
      execute(code)
    })
  }

  for (const { code, index } of blocksOf('observability.md').filter(isTest)) {
    describe(`[TE21] [HE20] example ${index + 1} of the guide to observability`, () => {
      execute(code)
    })
  }

  for (const { code } of blocksOf('interceptors.md').filter(isTest)) {
    describe('[TE21] [IC5] the example of the guide to interceptors', () => {
      execute(code)
    })
  }

  for (const { code } of blocksOf('leader.md').filter(isTest)) {
    describe('[TE21] [NS18] the example of the guide to leaders', () => {
      execute(code)
    })
  }
})
