import { defer } from 'rxjs'
import type { Client, Receipt, ResultStream } from 'rx-rooms'
import { manyRooms } from 'rx-rooms/bulk'
import { concatMapRight, mapRight, retryLeft } from 'rx-rooms/operators'
import { Invoices, Orders } from './contract.js'

const regions = ['orders:eu', 'orders:us', 'orders:asia']

/** A worker: an invoice for each order of three regions, one after the other, and each once. */
export const invoicing = (client: Client): ResultStream<Receipt> => {
  const invoices = client.room('invoices', Invoices)
  return manyRooms(client, regions, Orders)
    .on('placed')
    .pipe(
      mapRight(({ data }) => ({ order: data.number, cents: Math.round(data.cents * 1.2) })),
      concatMapRight((invoice) =>
        defer(() => invoices.send('issued', invoice, { id: `invoice:${invoice.order}` })).pipe(retryLeft()),
      ),
    )
}
