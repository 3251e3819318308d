import { oneEvent } from '../../lib/client/listening.js'
import { anything, contract } from '../../lib/contract/contract.js'
import { unchecked } from '../../lib/contract/validator.js'
import { isSameSelector } from '../../lib/rooms/sink.js'
import { survivors } from '../support/collect.js'

describe('names that users make', () => {
  it('[RT5] an event that was listened to leaves nothing behind, in a contract that lives for ever', async () => {
    const wishes = Array.from({ length: 100 }, (_, n) => new WeakRef(oneEvent(anything, `order:${n}:updated`)))
    expect(await survivors(wishes)).toBe(0)
  })

  it('[RT5] nor do those of contracts that are gone, whoever else reads as they do', async () => {
    const wishes = Array.from({ length: 100 }, (_, n) => {
      const Order = contract({ events: { [`order:${n}`]: unchecked<number>() } })
      return new WeakRef(oneEvent(Order, `order:${n}`))
    })
    expect(await survivors(wishes)).toBe(0)
  })

  it('[RM10] an event that is read in the same way is the same wish, in whatever contract', () => {
    const [one, other] = [1, 2].map(() => contract({ events: { message: unchecked<number>() } }))
    expect(oneEvent(one!, 'message')).toBe(oneEvent(one!, 'message'))
    expect(isSameSelector(oneEvent(one!, 'message'), oneEvent(other!, 'message'))).toBe(true)
    expect(isSameSelector(oneEvent(one!, 'message'), oneEvent(anything, 'message'))).toBe(true)
    expect(isSameSelector(oneEvent(anything, 'a'), oneEvent(anything, 'b'))).toBe(false)
  })
})
