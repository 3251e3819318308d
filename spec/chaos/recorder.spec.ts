import { recorder } from '../../chaos/client/recorder.js'
import type { AnyRecord } from '../../chaos/history/record.js'
import { world } from '../../lib/testing/world.js'

describe('the recorder of a client', () => {
  it('[CH33] what a client with a store is given is in its history before the store has it', () => {
    const { client, time, end } = world()
    const records: AnyRecord[] = []
    let flushed: readonly AnyRecord[] = []
    const write = Object.assign((record: AnyRecord) => void records.push(record), {
      flush: () => {
        flushed = [...records]
      },
    })
    const { sent, life$ } = recorder({ client: client(), life: 'c1.1', write, now: time.now, isStored: true })
    sent('c1.1-1', 'lobby')
    expect(flushed).toContainEqual(['invoked', 0, 'c1.1-1', 'lobby'])
    life$.unsubscribe()
    expect(end()).toBe(0)
  })
})
