import { Subject } from 'rxjs'
import { chat, type Line, type Written } from '../../examples/demo/page/chat.js'
import type { Said } from '../../examples/demo/contract.js'
import { deliveryError } from '../../lib/core/error.js'
import type { OutboxState, Stage } from '../../lib/features/observe/index.js'
import type { Message, Result, Undelivered } from '../../lib/index.js'

const said = (text: string): Said => ({ name: 'Wren', text })

const message = (offset: number, id: string, user = 'wren'): Result<Message<Said>> => ({
  _tag: 'Right',
  right: {
    room: 'lobby',
    event: 'message',
    id,
    position: { epoch: 'a', offset },
    from: { user, session: 's' },
    at: 0,
    own: user === 'wren',
    recovered: false,
    redelivered: false,
    data: said(id),
  },
})
const outbox = (stages: Readonly<Record<string, Stage>>, room = 'lobby'): OutboxState => ({
  entries: Object.entries(stages).map(([id, stage]) => {
    return { id, room, event: 'message', data: said(id), stage, attempts: 0, since: 0, bytes: 1 }
  }),
  queued: 0,
  inFlight: 0,
  bytes: 0,
})
const words = (line: Line): string => {
  if (line._tag === 'Gap') return 'gap'
  const { said: what, message: there, fate } = line
  const how = fate?._tag === 'Waiting' ? fate.stage : fate?._tag
  return [what.text, ...(there ? [`#${there.position.offset}`] : []), ...(how ? [how] : [])].join(' ')
}

const talking = () => {
  const sources = {
    messages$: new Subject<Result<Message<Said>>>(),
    outbox$: new Subject<OutboxState>(),
    undelivered$: new Subject<Undelivered>(),
    written$: new Subject<Written>(),
    dismissed$: new Subject<string>(),
  }
  let shown: readonly string[] = []
  chat({ room: 'lobby', user: 'wren', ...sources }).subscribe((lines) => {
    shown = lines.map(words)
  })
  return { ...sources, shown: () => shown }
}

describe('the chat of the demo', () => {
  it('[DM20] shows the way of a message of this tab: waiting, saved, on its way, sent', () => {
    const { written$, outbox$, messages$, shown } = talking()
    const seen: string[] = []
    const step = (act: () => void) => {
      act()
      seen.push(shown().join())
    }
    step(() => written$.next({ id: 'a', said: said('a') }))
    step(() => outbox$.next(outbox({ a: 'stored' })))
    step(() => outbox$.next(outbox({ a: 'inFlight' })))
    step(() => outbox$.next(outbox({})))
    step(() => messages$.next(message(7, 'a')))
    expect(seen).toEqual(['a queued', 'a stored', 'a inFlight', 'a Sent', 'a #7 Sent'])
  })

  it('[DM20] shows a message that came back before its receipt once, in its place, without a tick', () => {
    const { outbox$, messages$, shown } = talking()
    outbox$.next(outbox({ a: 'inFlight' }))
    messages$.next(message(7, 'a'))
    messages$.next(message(8, 'b', 'finch'))
    expect(shown()).toEqual(['a #7 inFlight', 'b #8'])
    outbox$.next(outbox({}))
    expect(shown()).toEqual(['a #7 Sent', 'b #8'])
  })

  it('[DM20] shows what an earlier run of the page left in the store, and nothing of other rooms', () => {
    const { outbox$, shown } = talking()
    outbox$.next(outbox({ a: 'stored', b: 'stored' }))
    expect(shown()).toEqual(['a stored', 'b stored'])
    outbox$.next(outbox({ c: 'stored' }, 'cellar'))
    expect(shown()).toEqual(['a Sent', 'b Sent'])
  })

  it('[DM20] shows what failed until it is dismissed, also when it never waited', () => {
    const { written$, undelivered$, dismissed$, shown } = talking()
    const error = deliveryError({
      code: 'delivery/timeout',
      message: '',
      remedy: '',
      kind: 'terminal',
      room: 'lobby',
      event: 'message',
      id: 'a',
      executed: 'no',
    })
    written$.next({ id: 'a', said: said('a') })
    undelivered$.next({ room: 'cellar', event: 'message', id: 'a', error })
    expect(shown()).toEqual(['a queued'])
    undelivered$.next({ room: 'lobby', event: 'message', id: 'a', error })
    expect(shown()).toEqual(['a Failed'])
    dismissed$.next('a')
    expect(shown()).toEqual([])
  })
})
