import * as E from '#fp/Either'
import { RETRY, SAME } from '../protocol/frame.js'
import type { Contents } from './contents.js'
import { tooLarge, tooOld } from './error.js'
import { isPausing } from './lane.js'
import { type InFlight, type Lane, type Waiting, type Written, writtenAgo } from './message.js'
import type { NegotiatedLimits, OutboxNeeds, Writer } from './model.js'

/** Fraction of `dedupeMs` within which a resend is safe; the rest allows for latency. */
const repeatable = 0.9

/** Writes every message that may be written now; `wrote` is called after each. */
export const writing = (
  needs: OutboxNeeds,
  { lanes, inFlight, journal, poison, totals, settle }: Contents,
  wrote: () => void,
): ((to: Writer, terms: NegotiatedLimits) => void) => {
  const { config } = needs
  /** The record of a first write, shared by all of one flush. */
  let fresh: Written | undefined

  const isOpen = (lane: Lane): boolean =>
    lane.waiting.length > 0 &&
    !lane.draining &&
    lanes.isFirst(lane) &&
    !isPausing(lane, needs.now) &&
    !needs.isJoining(lane.room)
  const hasRoom = (to: Writer): boolean =>
    inFlight.size() < config.inFlight &&
    inFlight.bytes() < config.inFlightBytes &&
    to.buffered() < config.highWaterBytes
  /** Takes the next message of a lane, if it may be written; settles those that may never be. */
  const next = (lane: Lane, terms: NegotiatedLimits): Waiting | undefined => {
    const { messageBytes, dedupeMs } = terms.limits
    for (let [first] = lane.waiting; first; [first] = lane.waiting) {
      const { message } = first
      if (message.bytes > messageBytes) settle(first, E.left(tooLarge(message, messageBytes)))
      else if (writtenAgo(message, needs) > repeatable * dedupeMs) settle(first, E.left(tooOld(message)))
      else return journal.isReady(first, terms) ? lane.waiting.shift() : undefined
    }
    return undefined
  }
  const writtenTo = (earlier: Written | undefined, told: string | undefined): Written => {
    if (!earlier) return (fresh ??= { at: needs.now(), on: needs.wall(), lanes: told })
    return earlier.lanes === told ? earlier : { ...earlier, lanes: undefined }
  }
  const write = (waiting: Waiting, to: Writer, terms: NegotiatedLimits): void => {
    const { message, lane } = waiting
    const isRetry = message.written !== undefined
    const written = writtenTo(message.written, terms.lanes)
    const flying = inFlightOf(waiting, inFlight.nextRef(), isRetry)
    message.written = written
    message.state = flying
    message.attempts++
    totals.version++
    const after = inFlight.add(flying)
    const flags = !isRetry ? 0 : written.lanes === undefined ? RETRY : RETRY | SAME
    to.publish(lane, [flying.ref, message.seq, after, message.id, message.event, flags], flying.text)
    wrote()
  }
  /**
   * Writes a suspect when nothing else is in flight, and nothing else beside it. Returns false if other messages may be
   * written.
   */
  const writeSuspect = (to: Writer, terms: NegotiatedLimits): boolean => {
    for (const flying of inFlight.all()) if (poison.isSuspect(flying)) return true
    for (const lane of lanes.all()) {
      if (!poison.isSuspect(lane.waiting[0]) || !isOpen(lane)) continue
      const suspect = inFlight.size() === 0 && hasRoom(to) ? next(lane, terms) : undefined
      if (suspect) {
        write(suspect, to, terms)
        lanes.rotate(lane)
      }
      return true
    }
    return false
  }

  return (to, terms) => {
    if (lanes.size() === 0) return
    fresh = undefined
    if (poison.size() > 0 && writeSuspect(to, terms)) return
    for (const lane of lanes.all()) {
      let waiting: Waiting | undefined
      do {
        if (!hasRoom(to)) return
        waiting = isOpen(lane) && !poison.isSuspect(lane.waiting[0]) ? next(lane, terms) : undefined
        if (waiting) write(waiting, to, terms)
      } while (waiting && lanes.isAlone(lane))
      // Moves it to the end of the queue, which this loop then reaches: lanes take turns, now and in the next flush.
      if (waiting) lanes.rotate(lane)
      else lanes.drop(lane)
    }
  }
}

const inFlightOf = (
  { message, text, lane, withinMs, due, kept, waiters }: Waiting,
  ref: number,
  isRetry: boolean,
): InFlight => ({ _tag: 'InFlight', message, text, lane, withinMs, due, kept, waiters, ref, isRetry })
