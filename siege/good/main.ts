import type { FromGood, ToGood } from '../run/talk.js'
import { type Crowd, crowd } from './crowd.js'

const say = (message: FromGood): void => {
  if (process.connected) process.send?.(message)
}

let good: Crowd | undefined

process.on('message', (message: ToGood) => {
  switch (message._tag) {
    case 'start':
      good = crowd(`ws://127.0.0.1:${message.port}`, message.clients)
      good.ready().then(
        () => say({ _tag: 'ready' }),
        (error: unknown) => say({ _tag: 'failed', because: String(error) }),
      )
      break
    case 'phase':
      good?.begin(message.phase)
      break
    case 'end':
      void good?.end(message.withinMs).then((report) => say({ _tag: 'report', report }))
  }
})
process.on('disconnect', () => {
  process.exit(0)
})
