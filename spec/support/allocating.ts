// Measures what the receipt of messages allocates: `node --expose-gc --max-semi-space-size=512 allocating.cjs none|elsewhere|here`.
// The new space holds all of it, so nothing is collected meanwhile, and the growth of the heap is what was allocated.
import * as t from 'io-ts'
import * as E from '#fp/Either'
import { contract } from '../../lib/contract/contract.js'
import { intercept, interceptRooms } from '../../lib/features/interceptors/index.js'
import type { Msg } from '../../lib/protocol/frame.js'
import { admits, msg, stage } from './stage.js'

const Ticks = contract({ events: { tick: t.strict({ n: t.number }) } })
const Others = contract({ events: { tick: t.strict({ n: t.number }) } })
const ROUNDS = 100
const EACH = 200

const where = process.argv[2]
const { client, time, actor } = stage(admits)
const keeps = { inbound: { tick: ({ n }: { readonly n: number }) => E.right({ n }) } }
const plain = client()
const ana = where === 'elsewhere' ? plain.with(interceptRooms(Others, keeps)) : plain
ana.room('other', Others).on('tick').subscribe()
const room = ana.room('ticks', Ticks)
let seen = 0
;(where === 'here' ? room.with(intercept(Ticks, keeps)) : room).on('tick').subscribe(() => seen++)
time.advanceBy(1_000)

let offset = 0
const round = (): void => {
  const frames: Msg[] = []
  for (let n = 0; n < EACH; n++) frames.push(msg(2, ++offset, { n }, 'tick'))
  actor().say(...frames)
  time.advanceBy(10)
}
for (let n = 0; n < ROUNDS; n++) round()
;(globalThis as unknown as { readonly gc: () => void }).gc()
const growths = Array.from({ length: ROUNDS }, () => {
  const before = process.memoryUsage().heapUsed
  round()
  return process.memoryUsage().heapUsed - before
})
// The median: in some rounds the engine allocates for itself, or a list doubles.
const bytes = growths.sort((a, b) => a - b)[ROUNDS / 2] ?? NaN
process.stdout.write(JSON.stringify({ seen, perMessage: bytes / EACH }))
