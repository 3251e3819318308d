// What the programs of this folder say to each other.
import * as t from 'io-ts'
import { contract } from 'rx-rooms'
import { command } from 'rx-rooms/calls'

export const Orders = contract({ events: { order: t.strict({ id: t.number, amount: t.number }) } })

const source = t.strict({ room: t.string, epoch: t.string, offset: t.number })
export const Bills = contract({ events: { bill: t.strict({ src: source, id: t.number, charge: t.number }) } })

/** The service room: `charge` charges an order once, whatever repeats it. */
export const Ledger = contract({
  calls: { charge: command({ input: t.strict({ key: t.string, amount: t.number }), output: t.number }) },
})

export const inputs = (count) => Array.from({ length: count }, (_, k) => `in:${k}`)
export const outputs = Array.from({ length: 20 }, (_, k) => `out:${k}`)
