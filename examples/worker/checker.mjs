// Compares orders, bills and charges, by what the server has in its logs: node examples/worker/checker.mjs, with URL, ROOMS, CHARGES.
// Waits until there are as many bills as orders, or no more come. Prints the figures, and exits with 1 if one is wrong.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, tokens } from 'rx-rooms'
import { manyRooms } from 'rx-rooms/bulk'
import { beginning } from 'rx-rooms/history'
import { Bills, inputs, Orders, outputs } from './contract.mjs'

const { URL, ROOMS, CHARGES, QUIET_MS = '10000' } = process.env
const client = createClient({ url: URL, token: tokens(() => 'checker') })
const placeOf = ({ room, epoch, offset }) => `${room}/${epoch}/${offset}`
const counts = (keys) => keys.reduce((all, key) => all.set(key, (all.get(key) ?? 0) + 1), new Map())

let at = performance.now()
const errors = []
const read = (set, event) => {
  const all = []
  set.on(event, { from: beginning() }).subscribe((result) => {
    at = performance.now()
    if (result._tag === 'Left') errors.push(result.left.code)
    else all.push(result.right)
  })
  return all
}
const orders = read(manyRooms(client, inputs(Number(ROOMS)), Orders), 'order')
const bills = read(manyRooms(client, outputs, Bills), 'bill')
const quiet = (ms) => performance.now() - at > ms
while (!quiet(Number(QUIET_MS)) && !(quiet(1_500) && orders.length > 0 && bills.length >= orders.length))
  await sleep(50)

const sent = new Set(orders.map(({ room, position }) => placeOf({ room, ...position })))
const billed = counts(bills.map(({ data }) => placeOf(data.src)))
const charged = counts(readFileSync(CHARGES, 'utf8').split('\n').slice(0, -1))
const amounts = (all) => ({
  lost: [...sent].filter((key) => !all.has(key)).length,
  doubled: [...all.values()].reduce((sum, count) => sum + count - 1, 0),
  unknown: [...all.keys()].filter((key) => !sent.has(key)).length,
})
const figures = { orders: sent.size, bills: amounts(billed), charges: amounts(charged), errors: errors.length }
console.log(JSON.stringify(figures))
const wrong = [...Object.values(figures.bills), ...Object.values(figures.charges), figures.errors]
process.exitCode = sent.size > 0 && wrong.every((count) => count === 0) ? 0 : 1
client.close({ drainMs: 0 }).subscribe()
