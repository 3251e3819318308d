import { describe, expect, it } from '@jest/globals'
import { rooms } from 'rx-rooms/testing'
import { rights } from 'rx-rooms/operators'
import { invoicing } from './invoicing.js'

const users = ['worker', 'shop', 'auditor']

describe('invoicing', () => {
  it('writes an invoice for each order of each region', () => {
    rooms.with({ users }).run(({ client, server, flush }) => {
      invoicing(client({ as: 'worker' })).subscribe()
      const shop = server.member('shop')
      const auditor = server.member('auditor').join('invoices')
      for (const [index, region] of ['eu', 'us', 'asia'].entries())
        shop
          .at(1_000 + index)
          .join(`orders:${region}`)
          .say('placed', { number: index + 1, cents: 1_000 })
      flush()
      expect(auditor.heard.map(({ data }) => data)).toEqual([1, 2, 3].map((order) => ({ order, cents: 1_200 })))
    })
  })

  it('loses no order and bills none twice, whatever is deployed and breaks', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      rooms.with({ users, seed, latencyMs: 20 }).run(({ client, server, at, flush }) => {
        invoicing(client({ as: 'worker' }))
          .pipe(rights())
          .subscribe()
        const shop = server.member('shop')
        const auditor = server.member('auditor').join('invoices')
        for (let number = 1; number <= 300; number++)
          shop
            .at(number * 100)
            .join(`orders:${['eu', 'us', 'asia'][number % 3] ?? ''}`)
            .say('placed', { number, cents: 100 })
        at(5_000, () => server.drain())
        at(8_000, () => server.restart())
        const { stop } = server.storm()
        at(60_000, stop)
        flush()
        const billed = auditor.heard.map(({ data }) => (data as { readonly order: number }).order)
        expect(billed).toHaveLength(300)
        expect(new Set(billed).size).toBe(300)
      })
    }
  })
})
