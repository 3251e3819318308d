// The contract of the bench of calls.
import * as t from 'io-ts'
import { contract } from 'rx-rooms'
import { command, query } from 'rx-rooms/calls'

const input = t.strict({ a: t.number, b: t.number })

export const Sums = contract({
  calls: { look: query({ input, output: t.number }), act: command({ input, output: t.number }) },
})
