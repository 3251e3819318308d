import { AsyncSubject, type Observable, Subject } from 'rxjs'
import * as E from '#fp/Either'
import type { WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import type { Receipt } from '../outbox/message.js'
import { fifo } from '../server/fifo.js'
import type { OutgoingMessage } from './outgoing-message.js'
import type { Flow } from './lines.js'

/** The result of a message. */
export interface Settled {
  readonly letter: OutgoingMessage
  readonly result: Result<Receipt>
}

/** The progress of sending. */
export interface Tally {
  /** Messages given. */
  readonly given: number
  /** Messages of these that the client has received. */
  readonly sent: number
  readonly acknowledged: number
  readonly failed: number
  /** Failed messages that may have arrived nevertheless. */
  readonly unknown: number
  readonly first?: { readonly number: number; readonly error: WebSocketError }
}

/** Messages on their way to the client's outbox, never more at a time than it takes. */
export interface Outgoing extends Flow {
  readonly put: (letter: OutgoingMessage) => void
  /** Starts sending; before, given messages wait. */
  readonly open: () => void
  /** Ends the input. */
  readonly end: () => void
  /** Drops waiting messages, and accepts no more. */
  readonly stop: () => void
  readonly tally: () => Tally
  readonly settled$: Observable<Settled>
  /** Emits after the end of the input, once every given message has settled. */
  readonly done$: Observable<Tally>
}

/** Maximum number of pending messages, and their approximate bytes. */
const mostUnderWay = 512
const mostBytesUnderWay = 2 ** 20
/** Maximum bytes to read ahead before the connection opens. */
const mostBytesAhead = 2 ** 20

export const outgoing = (post: (data: unknown) => ResultStream<Receipt>): Outgoing => {
  const waiting = fifo<OutgoingMessage>()
  const settled$ = new Subject<Settled>()
  const freed$ = new Subject<void>()
  const done$ = new AsyncSubject<Tally>()
  const count = { given: 0, sent: 0, acknowledged: 0, failed: 0, unknown: 0 }
  let first: Tally['first']
  let bytesWaiting = 0
  let bytesUnderWay = 0
  let isOpen = false
  let isEnded = false

  const tally = (): Tally => ({ ...count, ...(first ? { first } : {}) })
  const underWay = (): number => count.sent - count.acknowledged - count.failed
  const hasRoom = ({ bytes }: OutgoingMessage): boolean =>
    underWay() === 0 || (underWay() < mostUnderWay && bytesUnderWay + bytes <= mostBytesUnderWay)

  const settle = (letter: OutgoingMessage, result: Result<Receipt>): void => {
    bytesUnderWay -= letter.bytes
    if (E.isRight(result)) count.acknowledged++
    else {
      count.failed++
      const { left: error } = result
      if (error._tag === 'DeliveryError' && error.executed === 'unknown') count.unknown++
      first ??= { number: letter.number, error }
    }
    settled$.next({ letter, result })
    pump()
  }
  const pump = (): void => {
    for (let next = waiting.first(); isOpen && next && hasRoom(next); next = waiting.first()) {
      const letter = next
      waiting.take()
      bytesWaiting -= letter.bytes
      bytesUnderWay += letter.bytes
      count.sent++
      post(letter.data).subscribe({
        next: (result) => {
          settle(letter, result)
        },
        error: (thrown: unknown) => {
          throw thrown
        },
      })
    }
    if (isEnded && waiting.size() === 0 && underWay() === 0) {
      done$.next(tally())
      done$.complete()
    } else freed$.next()
  }

  return {
    isFull: () => (isOpen ? waiting.size() > 0 || underWay() >= mostUnderWay : bytesWaiting >= mostBytesAhead),
    freed$: freed$.asObservable(),
    put: (letter) => {
      if (isEnded) return
      count.given++
      bytesWaiting += letter.bytes
      waiting.put(letter)
      pump()
    },
    open: () => {
      isOpen = true
      pump()
    },
    end: () => {
      isEnded = true
      pump()
    },
    stop: () => {
      isEnded = true
      waiting.clear()
      bytesWaiting = 0
      pump()
    },
    tally,
    settled$: settled$.asObservable(),
    done$: done$.asObservable(),
  }
}
