import * as E from '#fp/Either'
import type { ClaimOutcome, Entry, Outcome } from '../../../lib/server/engine.js'
import type { FilesEngine } from '../../../lib/node/files/opening.js'
import type { FilesOptions } from '../../../lib/node/files/files.js'
import { entry } from '../../server/support/engine.js'
import { asked, following, logOf, now, open, opening } from './rig.js'
import type { ShakyDisk } from './shaky-disk.js'

interface Publish {
  readonly room: string
  readonly entry: Entry
  answer: () => readonly Outcome[] | undefined
}

/** Where an id was seen, by receipt or by feed. */
interface Place {
  readonly room: string
  readonly epoch: string
  readonly offset: number
  readonly id: string
}

/** What everybody outside knows of an engine, over all its ends. */
export interface Story {
  /** `then` is done as soon as it is answered, while others are still to be told. */
  readonly publish: (room: string, producer: string, many?: number, then?: () => void) => void
  readonly follow: (room: string) => void
  readonly claim: (instance: string) => void
  /** Waits for nothing any more, and goes on with another engine. */
  readonly goOn: (engine: FilesEngine) => void
  /** What is not as it was promised; where epochs need not stay, of what is shown under the same epoch alone. */
  readonly faults: (disk: ShakyDisk, epochs?: 'stay' | 'may change') => readonly string[]
  /** What was is void: epochs are others now. */
  readonly forget: () => void
  /** Publishes that were acknowledged. */
  readonly acknowledged: () => number
}

export const story = (first: FilesEngine, padding = 0): Story => {
  let engine = first
  const publishes: Publish[] = []
  let forgotten = 0
  const seqs = new Map<string, number>()
  const shown: Place[] = []
  const bases: Omit<Place, 'id' | 'offset'>[] = []
  const generations = new Map<string, number>()
  const claims: { readonly instance: string; readonly generation: number; answer: () => ClaimOutcome | undefined }[] =
    []

  const receipts = (): readonly (Place & { readonly publish: Publish; readonly outcome: Outcome })[] =>
    publishes.flatMap((publish) => {
      const [outcome] = publish.answer() ?? []
      if (outcome?._tag !== 'Accepted') return []
      const { epoch, offset } = outcome
      return [{ room: publish.room, epoch, offset, id: publish.entry.id, publish, outcome }]
    })

  return {
    publish: (room, producer, many = 1, then = () => undefined) => {
      const entries = Array.from({ length: many }, () => {
        const seq = (seqs.get(producer + room) ?? 0) + 1
        seqs.set(producer + room, seq)
        const id = `${room}.${producer}.${forgotten}.${seq}`
        return entry(seq, { producer: `${producer}${forgotten}`, id, data: JSON.stringify(id + '-'.repeat(padding)) })
      })
      const { value } = asked(engine.append(room, entries), then)
      entries.forEach((each, at) => {
        publishes.push({
          room,
          entry: each,
          answer: () => {
            const outcome = value()?.[at]
            return outcome && [outcome]
          },
        })
      })
    },
    follow: (room) => {
      engine.follow(room).subscribe((told) => {
        if (E.isLeft(told)) return
        const feed = told.right
        if (feed._tag === 'Base') bases.push({ room, epoch: feed.epoch })
        if (feed._tag === 'Messages')
          for (const { offset, id } of feed.messages) shown.push({ room, epoch: feed.epoch, offset, id })
      })
    },
    claim: (instance) => {
      const generation = (generations.get(instance) ?? 0) + 1
      generations.set(instance, generation)
      const { value } = asked(engine.claim({ user: 'u', instance, generation }))
      claims.push({ instance, generation, answer: value })
    },
    goOn: (next) => {
      engine = next
      for (const publish of publishes) {
        const answer = publish.answer()
        publish.answer = () => answer
      }
    },
    forget: () => {
      publishes.length = 0
      shown.length = 0
      bases.length = 0
      claims.length = 0
      generations.clear()
      seqs.clear()
      forgotten++
    },
    acknowledged: () => receipts().length,
    faults: (disk, epochs = 'stay') => {
      const faults: string[] = []
      const known = receipts()
      const rooms = [...new Set(publishes.map(({ room }) => room))]
      const logs = new Map(rooms.map((room) => [room, logOf(disk, engine, room)]))
      for (const { room, epoch } of epochs === 'stay' ? bases : []) {
        const again = following(engine, room)
        disk.run()
        const [base] = again
        if (base?._tag !== 'Base' || base.epoch !== epoch) faults.push(`${room} has another epoch than was shown`)
      }
      for (const { room, epoch, offset, id } of [...known, ...shown]) {
        const log = logs.get(room)
        if (log?.epoch !== epoch) {
          if (epochs === 'stay') faults.push(`${room} has another epoch than ${id}`)
        } else if (
          offset >= (log.messages[0]?.offset ?? 1) &&
          log.messages.find((each) => each.offset === offset)?.id !== id
        )
          faults.push(`${id} is not at ${offset} of ${room}`)
      }
      for (const { answer, instance, generation } of epochs === 'stay' ? claims : []) {
        if (answer()?._tag !== 'Granted') continue
        if (now(disk, engine.claim({ user: 'u', instance, generation }))._tag !== 'Superseded')
          faults.push(`${instance} is granted generation ${generation} twice`)
      }
      for (const publish of publishes) {
        const { room, entry: each } = publish
        const before = logs.get(room)?.messages.find(({ id }) => id === each.id)
        const receipt = known.find((one) => one.publish === publish)?.outcome
        const [again] = now(disk, engine.append(room, [{ ...each, retry: true }]))
        const isKept = epochs === 'stay' || (receipt?._tag === 'Accepted' && receipt.epoch === logs.get(room)?.epoch)
        if (
          isKept &&
          receipt?._tag === 'Accepted' &&
          JSON.stringify(again) !== JSON.stringify({ ...receipt, repeated: true })
        )
          faults.push(`${each.id} has another receipt: ${JSON.stringify(again)}`)
        if (before && !(again?._tag === 'Accepted' && again.repeated && again.offset === before.offset))
          faults.push(`${each.id} is executed again`)
        publish.answer = () => again && [again]
      }
      for (const room of rooms) {
        const { messages } = logOf(disk, engine, room)
        if (new Set(messages.map(({ id }) => id)).size !== messages.length) faults.push(`${room} has an id twice`)
        if (messages.some(({ offset }, at) => offset !== (messages[0]?.offset ?? 1) + at))
          faults.push(`${room} has a hole`)
      }
      return faults
    },
  }
}

/** Ends what runs, and opens what is left; some openings, by chance, are ended the same way. */
export const reopened = (
  disk: ShakyDisk,
  end: 'kill' | 'crash',
  chance: () => number,
  options: Partial<FilesOptions>,
): { readonly disk: ShakyDisk; readonly engine: FilesEngine; readonly faults: readonly string[] } => {
  let next = disk.after(end, chance)
  while (chance() < 0.3) {
    opening(next, options)
    for (let steps = Math.floor(chance() * 60); steps > 0; steps--) next.step()
    next = next.after(end, chance)
  }
  const { engine, faults } = open(next, options)
  return { disk: next, engine, faults }
}
