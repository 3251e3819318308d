import * as E from '#fp/Either'
import { RETRY, SAME } from '../protocol/frame.js'
import type { Contents } from './contents.js'
import { tooLarge, tooOld } from './error.js'
import { insert } from './lanes.js'
import type { InFlight, Lane, Message, Written } from './message.js'
import type { NegotiatedLimits, OutboxNeeds, Writer } from './model.js'

/** Fraction of `dedupeMs` within which a resend is safe; the rest allows for latency. */
const repeatable = 0.9

/** Writes every message that may be written now; `wrote` is called after each. */
export const writing = (
  { config, deadlines: { now }, wall, isJoining, journal }: OutboxNeeds,
  { lanes, inFlight, poison, totals, settle }: Contents,
  wrote: () => void,
): ((to: Writer, terms: NegotiatedLimits) => void) => {
  let lastRef = 0
  /** The record of a first write, shared by all of one flush. */
  let fresh: Written | undefined

  const isOpen = (lane: Lane): boolean =>
    lane.waiting.length > 0 &&
    !lane.draining &&
    lane.siblings[0] === lane &&
    !lanes.isPausing(lane) &&
    !isJoining(lane.room)
  const hasRoom = (to: Writer): boolean =>
    inFlight.size < config.inFlight &&
    totals.inFlightBytes < config.inFlightBytes &&
    to.buffered() < config.highWaterBytes
  /**
   * Returns the time in ms since a first write, by the clock that shows more: the scheduler's may stand still while the
   * machine sleeps, and the wall clock may be set back.
   */
  const ago = ({ at, on }: Written): number => Math.max(now() - at, wall() - on)
  /** Takes the next message of a lane, if it may be written; settles those that may never be. */
  const next = ({ waiting }: Lane, terms: NegotiatedLimits): Message | undefined => {
    const { messageBytes, dedupeMs } = terms.limits
    for (let [first] = waiting; first; [first] = waiting) {
      if (first.bytes > messageBytes) settle(first, E.left(tooLarge(first, messageBytes)))
      else if (first.written && ago(first.written) > repeatable * dedupeMs) settle(first, E.left(tooOld(first)))
      else return journal && !journal.isReady(first, terms) ? undefined : waiting.shift()
    }
    return undefined
  }
  const writtenTo = (earlier: Written | undefined, told: string | undefined): Written => {
    if (!earlier) return (fresh ??= { at: now(), on: wall(), lanes: told })
    return earlier.lanes === told ? earlier : { ...earlier, lanes: undefined }
  }
  const write = (message: Message, to: Writer, terms: NegotiatedLimits): void => {
    const { lane, seq, id, event, term, written: earlier } = message
    const isRetry = earlier !== undefined
    const written = writtenTo(earlier, terms.lanes)
    const flight: InFlight = { _tag: 'InFlight', message, ref: ++lastRef, isRetry }
    message.written = written
    message.state = flight
    message.attempts++
    inFlight.set(lastRef, flight)
    totals.inFlightBytes += message.bytes
    // A message that was given up and is sent again is written after later ones, but keeps the place of its seq.
    const after = insert(lane.inFlight, message)
    const flags = !isRetry ? 0 : written.lanes === undefined ? RETRY : RETRY | SAME
    to.publish(lane, [lastRef, seq, after, id, event, flags, term], message.text)
    wrote()
  }
  /**
   * Writes a suspect when nothing else is in flight, and nothing else beside it. Returns false if other messages may be
   * written.
   */
  const writeSuspect = (to: Writer, terms: NegotiatedLimits): boolean => {
    for (const { message } of inFlight.values()) if (poison.isSuspect(message)) return true
    for (const lane of lanes.all) {
      if (!poison.isSuspect(lane.waiting[0]) || !isOpen(lane)) continue
      const suspect = inFlight.size === 0 && hasRoom(to) ? next(lane, terms) : undefined
      if (suspect) {
        write(suspect, to, terms)
        lanes.rotate(lane)
      }
      return true
    }
    return false
  }

  return (to, terms) => {
    if (lanes.all.size === 0) return
    fresh = undefined
    if (poison.size() > 0 && writeSuspect(to, terms)) return
    for (const lane of lanes.all) {
      if (!hasRoom(to)) return
      const message = isOpen(lane) && !poison.isSuspect(lane.waiting[0]) ? next(lane, terms) : undefined
      if (message) write(message, to, terms)
      // Moves it to the end of the queue, which this loop then reaches: lanes take turns, now and in the next flush.
      if (message) lanes.rotate(lane)
      else lanes.drop(lane)
    }
  }
}
