import { map, type Observable, of } from 'rxjs'
import { anything } from '../../lib/contract/contract.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { history } from '../../lib/features/history/index.js'
import { metrics, outbox } from '../../lib/features/observe/index.js'
import { signals } from '../../lib/features/signals/index.js'
import { world } from '../../lib/testing/world.js'
import { see } from '../support/seen.js'

/** Gives proxies of everything that is inside, as `reactive` of Vue does. Frozen objects stay as they are. */
const reactive = <T>(target: T): T =>
  typeof target === 'object' && target !== null && Object.isExtensible(target)
    ? new Proxy(target, { get: (of_, key, self) => reactive(Reflect.get(of_, key, self) as unknown) })
    : target

describe('what is kept in the state of a component, behind a Proxy', () => {
  const { client, time } = world()
  const ana = client().with(metrics, outbox)
  const room = ana.room('lobby', anything).with(history, signals)
  const kept: readonly (readonly [string, () => Observable<unknown>])[] = [
    ['rxjs itself', () => of(1)],
    ['on', () => room.on('message')],
    ['messages', () => room.messages()],
    ['signals', () => room.signals('typing')],
    ['history', () => room.history({ last: 1 })],
    ['membership$', () => room.membership$],
    ['send', () => room.send('message', 1)],
    ['post', () => room.post('message', 1)],
    ['signal', () => room.signal('typing', 1)],
    ['join', () => room.join()],
    ['many rooms', () => manyRooms(ana, ['lobby', 'attic'], anything).on('message')],
    ['connect', () => ana.connect()],
    ['state$', () => ana.state$],
    ['session$', () => ana.session$],
    ['faults$', () => ana.faults$],
    ['undelivered$', () => ana.undelivered$],
    ['outbox$', () => ana.outbox$],
    ['metrics$', () => ana.metrics$],
  ]

  it.each(kept)('[RT4] works as what is not behind one: %s', (_, make) => {
    const [plain, behind] = [see(make()), see(reactive(make()))]
    const piped = see(reactive(reactive(make()).pipe(map((value) => [value]))))
    time.advanceBy(1_000)
    expect(behind.all).toHaveLength(plain.all.length)
    expect(piped.all).toHaveLength(plain.all.length)
    for (const { stop } of [plain, behind, piped]) stop()
  })

  it('[RT4] a subscription can be ended through one', () => {
    const messages$ = room.on('message')
    const subscription = reactive(messages$.subscribe())
    subscription.unsubscribe()
    expect(subscription.closed).toBe(true)
    time.advanceBy(1_000)
    const left = see(room.leave())
    time.advanceBy(1_000)
    expect(left.only()).toMatchObject({ right: { stillHeldBy: 0 } })
  })
})
