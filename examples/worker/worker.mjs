// A worker to copy: node examples/worker/worker.mjs, with URL, DATA and ROOMS. It consumes the orders of many rooms, has each one
// charged by a command to a service room, and posts a bill. Neither an order nor a bill is lost or doubled, however it ends.
import { concatMap, map, of, throwError } from 'rxjs'
import { createClient, retryBackoff, retryBudget, tokens } from 'rx-rooms'
import { manyRooms } from 'rx-rooms/bulk'
import { calls } from 'rx-rooms/calls'
import { commits, stored } from 'rx-rooms/history'
import { commitAfter } from 'rx-rooms/operators'
import { fileStore } from 'rx-rooms/server'
import { Bills, inputs, Ledger, Orders, outputs } from './contract.mjs'

const { URL = 'ws://127.0.0.1:7420', DATA = './worker-data', ROOMS = '20' } = process.env

const client = createClient({
  url: URL,
  token: tokens(() => 'worker'),
  identity: 'worker',
  store: fileStore({ directory: DATA }),
  outbox: { ageMs: 86_400_000, entries: 10_000 },
  backoff: { capMs: 1_000 },
  retries: retryBudget({ perMinute: 120, burst: 50 }),
})
const stop = (exitCode) => {
  process.exitCode = exitCode
  client.close({ drainMs: 20_000 }).subscribe()
}
client.faults$.subscribe(({ _tag, message }) => console.error(_tag, message))
client.undelivered$.subscribe(({ room, error }) => {
  // What is not delivered when the worker ends is stored, and sent by the next run.
  if (error.code !== 'delivery/closed') console.error('not delivered to', room, error.code, error.executed)
})

const orders = manyRooms(client, inputs(Number(ROOMS)), Orders).with(commits)
const ledger = client.room('ledger', Ledger).with(calls)
const bills = outputs.map((name) => client.room(name, Bills))

/**
 * The id of a call is the place of its order, so a second run of the worker gets the answer of the first. If nobody knows
 * how a call ended, because the server died in it, it is made again under another id: the key of the order makes that safe.
 */
const charged = (key, amount, attempt = 1) =>
  ledger.call('charge', { key, amount }, { id: `${key}#${attempt}`.slice(-64), withinMs: 30_000 }).pipe(
    concatMap((result) => {
      if (result._tag === 'Right') return of(result.right)
      if (result.left.executed === 'unknown') return charged(key, amount, attempt + 1)
      return throwError(() => result.left)
    }),
  )

orders
  .on('order', { from: stored({ commit: 'manual', window: 64 }) })
  .pipe(
    commitAfter(
      orders,
      ({ room, position, data: { id, amount } }) =>
        charged(`${room}/${position.epoch}/${position.offset}`, amount).pipe(
          retryBackoff({ firstMs: 200, capMs: 1_000 }),
          map((charge) => ({ _tag: 'Right', right: { src: { room, ...position }, id, charge } })),
        ),
      { concurrency: 64 },
    ),
  )
  .subscribe((result) => {
    if (result._tag === 'Right') {
      const bill = result.right
      // In one block with the commit of its order: both are stored, or neither.
      bills[Number(bill.src.room.slice('in:'.length)) % outputs.length].post('bill', bill)
    } else {
      console.error(result.left.code, result.left.message)
      if (result.left.code.startsWith('delivery/')) stop(1)
    }
  })
process.once('SIGTERM', () => stop(0))
