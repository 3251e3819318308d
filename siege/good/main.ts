import type { ToGood } from '../run/talk.js'
import { say } from '../run/say.js'
import { type Crowd, crowd } from './crowd.js'

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
