import { blocksOf, execute, isTest } from './examples.js'

/** The rules of the recipes, in their order. */
const rules = [
  '[RP1] A worker that bills each order once',
  '[RP2] One token for the socket and for fetch',
  '[RP3] Who is typing',
  '[RP4] Unread counts',
  '[RP5] Optimistic lines, and a button to try again',
  '[RP6] A queue that survives a reload of the page',
  '[RP7] One leader among tabs or workers',
  '[RP8] A private room',
  '[RP9] How many are here, in a large room',
  '[RP10] A fast stream on a slow screen',
  '[RP11] A request with an answer and a deadline',
  '[RP12] An announcement to everybody',
  '[RP13] A new shape for an old event',
  '[RP14] A reconnect in marbles',
  '[RP15] A deploy that nobody notices',
  '[RP16] A banner that tells the health of the link',
  '[RP17] Metrics for Prometheus',
]
const blocks = blocksOf('recipes.md')

describe('the recipes', () => {
  it('each has a rule, and is a test', () => {
    expect(blocks.map(({ title }) => title)).toEqual(rules.map((rule) => rule.replace(/^\S+ /, '')))
    expect(blocks.filter((block) => !isTest(block))).toEqual([])
  })

  for (const [index, { code }] of blocks.entries()) {
    describe(rules[index] ?? 'a recipe without a rule', () => {
      execute(code)
    })
  }
})
