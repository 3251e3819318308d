import * as E from '#fp/Either'
import { retryIn } from '../core/backoff.js'
import type { WebSocketError } from '../core/error.js'
import { type Refused, RETRY, SAME } from '../protocol/frame.js'
import { type Entry, type Lane, writtenAgo } from './entry.js'
import { closed, disowned, dropped, expired, full, poison, refused, replaced, tooLarge, tooOld } from './error.js'
import { persistenceTracker, keptOf } from './journal.js'
import { expiry } from './expiry.js'
import { inFlight } from './in-flight.js'
import { isPausing, requeue } from './lane.js'
import { lanes as lanesOf } from './lanes.js'
import type { Outbox, OutboxNeeds, NegotiatedLimits, Writer } from './model.js'
import { placeFor } from './overflow.js'
import { ackTimeout } from './ack-timeout.js'
import { poisonDetector } from './poison-detector.js'
import { outboxCounters } from './counters.js'

/** Fraction of `dedupeMs` within which a resend is safe; the rest allows for latency. */
const repeatable = 0.9

export const outbox = (needs: OutboxNeeds): Outbox => {
  const { config, deadlines, producer } = needs
  const lanes = lanesOf(producer, needs.now)
  const sentMessages = inFlight()
  const poisonDetection = poisonDetector()
  const totals = outboxCounters()
  const journal = persistenceTracker({
    journal: needs.journal,
    now: needs.now,
    turn: (task) => {
      needs.turn(() => {
        task()
        totals.version++
      })
    },
  })
  let link: Writer | undefined
  let terms: NegotiatedLimits | undefined
  let { user } = needs
  let paused = false
  let lastSeq = 0
  let adoptions = Number.MIN_SAFE_INTEGER
  let emptied: (() => void) | undefined

  const settle = (entry: Entry, because: WebSocketError): void => {
    journal.forget(entry)
    forget(entry)
    entry.settle(E.left(because))
    tellIfEmpty()
  }
  const tellIfEmpty = (): void => {
    if (totals.entries > 0) return
    const tell = emptied
    emptied = undefined
    tell?.()
  }
  const forget = (entry: Entry): void => {
    const { lane } = entry
    if (!lane) return
    const at = entry.ref === 0 ? lane.waiting.indexOf(entry) : -1
    if (at >= 0) lane.waiting.splice(at, 1)
    sentMessages.remove(lane, entry)
    poisonDetection.clear(entry)
    entry.lane = undefined
    ages.remove(entry)
    totals.remove(entry.bytes)
    lanes.drop(lane)
  }
  const ages = expiry({
    deadlines,
    now: needs.now,
    due: (entry) => {
      needs.turn(() => {
        settle(entry, expired(entry, entry.withinMs))
      })
    },
  })
  const acks = ackTimeout({
    deadlines,
    ackMs: config.ackMs,
    turn: needs.turn,
    isWaiting: () => sentMessages.size() > 0,
    overdue: needs.overdue,
  })
  const send = (lane: Lane, entry: Entry, to: Writer): void => {
    const after = sentMessages.add(lane, entry)
    const told = terms?.lanes
    entry.retry = entry.writtenAt !== undefined
    if (!entry.retry) entry.lanes = told
    else if (entry.lanes !== told) entry.lanes = undefined
    const flags = !entry.retry ? 0 : entry.lanes === undefined ? RETRY : RETRY | SAME
    if (entry.writtenAt === undefined) {
      entry.writtenAt = needs.now()
      entry.writtenOn = needs.wall()
    }
    entry.attempts++
    totals.version++
    const { ref, seq, id, event, text } = entry
    to.publish(lane, [ref, seq, after, id, event, flags], text)
    acks.expect()
  }
  const isOpen = (lane: Lane): boolean =>
    lane.waiting.length > 0 &&
    !lane.gathering &&
    lanes.isFirst(lane) &&
    !isPausing(lane, needs.now) &&
    !needs.isJoining(lane.room)
  const hasRoom = (to: Writer): boolean =>
    sentMessages.size() < config.inFlight &&
    sentMessages.bytes() < config.inFlightBytes &&
    to.buffered() < config.highWaterBytes
  const next = (lane: Lane, agreed: NegotiatedLimits): Entry | undefined => {
    const { messageBytes, dedupeMs } = agreed.limits
    for (let entry = lane.waiting[0]; entry; entry = lane.waiting[0]) {
      if (entry.bytes > messageBytes) settle(entry, tooLarge(entry, messageBytes))
      else if (writtenAgo(entry, needs) > repeatable * dedupeMs) settle(entry, tooOld(entry))
      else return journal.isReady(entry, agreed) ? lane.waiting.shift() : undefined
    }
    return undefined
  }
  /**
   * Writes a suspect when nothing else is in flight, and nothing else beside it. Returns false if other messages may be
   * written.
   */
  const sendSuspect = (to: Writer, agreed: NegotiatedLimits): boolean => {
    for (const entry of sentMessages.all()) if (poisonDetection.isSuspect(entry)) return true
    for (const lane of lanes.all()) {
      if (!poisonDetection.isSuspect(lane.waiting[0]) || !isOpen(lane)) continue
      const entry = sentMessages.size() === 0 && hasRoom(to) ? next(lane, agreed) : undefined
      if (entry) {
        send(lane, entry, to)
        lanes.rotate(lane)
      }
      return true
    }
    return false
  }
  const retryLater = (lane: Lane, wish: Refused): void => {
    const ms = retryIn(needs.backoff, lane.pauses++, needs.random(), wish)
    lane.notBefore = Math.max(lane.notBefore, needs.now() + ms)
    deadlines.at(lane.notBefore, () => {
      needs.turn(() => undefined)
    })
  }

  const held = (): readonly Entry[] =>
    [...lanes.all()].flatMap(({ flying: written, waiting }) => [...written, ...waiting])
  const queue = (entry: Entry, lane: Lane, withinMs: number, from: number): void => {
    entry.lane = lane
    entry.withinMs = withinMs
    requeue(lane, entry)
    totals.add(entry.bytes)
    ages.add(entry, from + withinMs)
    if (!link) needs.need()
  }
  const space = { held, totals, config }
  const giveUp = (entry: Entry, fate: 'dropped' | 'superseded', because: WebSocketError): void => {
    totals.fates[fate]++
    settle(entry, because)
  }
  /** A close and a change of user take messages from the outbox, but not from the journal. */
  const settleAll = (because: (entry: Entry) => WebSocketError): void => {
    for (const entry of held()) {
      forget(entry)
      entry.settle(E.left(because(entry)))
    }
    tellIfEmpty()
  }

  return {
    totals,
    isHalfEmpty: () => totals.entries <= config.entries / 2 && totals.bytes <= config.bytes / 2,
    held,
    put: (entry, withinMs = config.ageMs) => {
      const lane = lanes.of(entry.room, producer)
      const place = placeFor(entry, lane, space)
      if (place._tag === 'Full') {
        lanes.drop(lane)
        totals.fates.rejected++
        entry.settle(E.left(full(entry, place.bound)))
        return
      }
      if (entry.writtenAt === undefined) entry.seq = entry.order = ++lastSeq
      const now = needs.now()
      if (entry.attempts === 0) entry.since = now
      queue(entry, lane, withinMs, now)
      if (place.superseded) giveUp(place.superseded, 'superseded', replaced(place.superseded))
      for (const each of place.dropped) giveUp(each, 'dropped', dropped(each))
      journal.keep(entry, link && terms)
    },
    adopt: (entry, posted) => {
      const { seq, since, writtenAt, room } = posted
      const writtenOn = needs.wall() - (needs.now() - (writtenAt ?? 0))
      const known = { seq, since, writtenAt, writtenOn, lanes: posted.lanes, kept: keptOf(posted) }
      Object.assign(entry, known, { order: adoptions++ })
      queue(entry, lanes.of(room, posted.producer), config.ageMs, since)
      if (link && terms && !journal.isReady(entry, terms)) journal.keep(entry, terms)
    },
    withdraw: (entry) => {
      if (entry.writtenAt !== undefined) return false
      journal.forget(entry)
      forget(entry)
      totals.fates.withdrawn++
      tellIfEmpty()
      return true
    },
    up: (to, agreed, welcomed) => {
      // Messages of one user are never sent in the name of another.
      if (user !== undefined && user !== welcomed) settleAll(disowned)
      user = welcomed
      link = to
      terms = agreed
      paused = false
      for (const entry of held()) if (!journal.isReady(entry, agreed)) journal.keep(entry, agreed)
    },
    agree: (agreed) => {
      terms = { ...terms, ...agreed }
    },
    down: (beyondBytes) => {
      link = undefined
      acks.stop()
      const back = [...sentMessages.all()]
      sentMessages.clear()
      totals.version++
      if (beyondBytes === undefined) return false
      const { sole, isConvicted } = poisonDetection.linkClosed(back, beyondBytes)
      if (sole && isConvicted) {
        totals.fates.quarantined++
        settle(sole, poison(sole))
      }
      return sole !== undefined
    },
    pause: () => {
      paused = true
    },
    flush: () => {
      if (lanes.size() === 0 || !link || !terms || paused) return
      if (poisonDetection.size() > 0 && sendSuspect(link, terms)) return
      for (const lane of lanes.all()) {
        let entry: Entry | undefined
        do {
          if (!hasRoom(link)) return
          entry = isOpen(lane) && !poisonDetection.isSuspect(lane.waiting[0]) ? next(lane, terms) : undefined
          if (entry) send(lane, entry, link)
        } while (entry && lanes.isAlone(lane))
        // Moves it to the end of the queue, which this loop then reaches: lanes take turns, now and in the next flush.
        if (entry) lanes.rotate(lane)
        else lanes.drop(lane)
      }
    },
    ack: (frame) => {
      const [, epoch, repeated] = frame
      for (let at = 3; at + 2 < frame.length; at += 3) {
        const entry = sentMessages.get(Number(frame[at]))
        if (!entry?.lane || !terms) continue
        entry.lane.pauses = 0
        journal.forget(entry)
        forget(entry)
        const { id, room } = entry
        const position = Object.freeze({ epoch, offset: frame[at + 1] as number })
        const { durability } = terms
        const receipt = { id, room, position, at: frame[at + 2] as number, repeated: repeated === 1, durability }
        entry.settle(E.right(Object.freeze(receipt)))
      }
      acks.answered()
      tellIfEmpty()
    },
    refuse: (frame) => {
      const entry = sentMessages.get(frame.ref)
      const lane = entry?.lane
      if (!entry || !lane) return false
      if (frame.kind === 'retry' || frame.kind === 'reauth') {
        const expected = lane.gathering && frame.code === 'delivery/order'
        // The server certainly did not accept it: as if it had never been written.
        if (!entry.retry && frame.kind === 'retry' && frame.code !== 'delivery/unavailable') entry.writtenAt = undefined
        lane.gathering = true
        sentMessages.remove(lane, entry)
        requeue(lane, entry)
        poisonDetection.clear(entry)
        totals.version++
        if (!expected) retryLater(lane, frame)
      } else {
        const because = refused(entry, frame)
        // A later send is a new attempt, in a new place.
        if (because.executed === 'no') entry.writtenAt = undefined
        settle(entry, because)
      }
      acks.answered()
      return true
    },
    whenEmpty: (then) => {
      emptied = then
      tellIfEmpty()
    },
    close: () => {
      settleAll(closed)
      acks.stop()
    },
  }
}
