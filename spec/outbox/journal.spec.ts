import type { Posted } from '../../lib/outbox/journal.js'
import { playedJournal } from '../support/journal.js'
import { limits } from '../support/lanes.js'
import { fateOf, heldOf, message, playedRig, type Sent, takeBack } from '../support/outbox.js'

const posted = (id: string, room = 'r'): Sent => message(id, room, 100, { isPosted: true })

const kept = (config: Parameters<typeof playedRig>[0] = {}) => {
  const journal = playedJournal()
  return { journal, ...playedRig(config, undefined, {}, journal) }
}

/** What a journal gives to a later life. */
const record = (id: string, seq: number, more: Partial<Posted> = {}): Posted => ({
  id, room: 'r', event: 'e', text: '1', bytes: 100, isPosted: true, producer: 'old', seq, since: 0,
  writtenAt: undefined, lanes: undefined, ...more,
}) // prettier-ignore

const adopted = (posted_: Posted): Sent => message(posted_.id, posted_.room, posted_.bytes)

describe('what was posted, with a journal', () => {
  it('[OB15] is written once it is kept as what may have been written: one answer with a link, two without', () => {
    const { journal, up, put, wrote } = kept()
    const [early, late] = [posted('early'), posted('late')]
    put(early)
    journal.answer()
    expect([journal.asked(), heldOf(early).kept?.isStored]).toEqual([['put early'], true])
    up({ lanes: 'L' })
    put(late)
    expect([journal.asked(), wrote()]).toEqual([['put early written to L', 'put late written to L'], []])
    journal.answer()
    expect(wrote()).toEqual(['early'])
    journal.answer()
    expect(wrote()).toEqual(['late after 1'])
  })

  it('[OB15] keeps the order of its room while the journal answers, and holds up no other', () => {
    const { journal, up, put, wrote } = kept()
    up()
    put(posted('a'), message('b'), message('c', 'other'))
    expect(wrote()).toEqual(['c'])
    journal.answer()
    expect(wrote()).toEqual(['a', 'b after 1'])
  })

  it('[OB15] leaves the journal once it is settled: received, refused, expired, withdrawn', () => {
    const { journal, up, put, ack, refuse, turn, box, time } = kept({ ageMs: 5_000 })
    const [received, refused, withdrawn] = [posted('received'), posted('refused'), posted('withdrawn')]
    put(withdrawn)
    turn(() => takeBack(box, withdrawn))
    up()
    put(received, refused)
    journal.answer()
    journal.answer()
    journal.answer()
    ack(received)
    refuse(refused, 'delivery/forbidden', 'terminal')
    put(posted('expired'))
    time.advanceBy(5_000)
    expect(journal.asked().filter((asked) => asked.startsWith('remove'))).toEqual([
      'remove withdrawn',
      'remove received',
      'remove refused',
      'remove expired',
    ])
  })

  it('[OB15] stays in the journal when the client is closed, or another user comes, and says that it is stored', () => {
    const { journal, up, down, put, turn, box } = kept()
    const [a, b, plain] = [posted('a'), posted('b'), message('plain')]
    up()
    put(a, plain)
    journal.answer()
    down()
    up({}, 'ben')
    put(b)
    journal.answer()
    turn(box.close)
    expect(journal.kept().map(({ id }) => id)).toEqual(['a', 'b'])
    expect([a, plain, b].map(fateOf)).toEqual([
      'delivery/disowned, executed: unknown',
      'delivery/disowned, executed: unknown',
      'delivery/closed, executed: unknown',
    ])
  })

  it('[OB15] one that was never written is unknown at the closing if it is stored: a later life will send it', () => {
    const { journal, put, turn, box } = kept()
    const [stored, unstored] = [posted('stored'), posted('unstored')]
    put(stored, unstored)
    journal.answer()
    turn(box.close)
    expect([stored, unstored].map(fateOf)).toEqual([
      'delivery/closed, executed: unknown',
      'delivery/closed, executed: no',
    ])
  })

  it('[OB15] what cannot be kept goes on without, and nothing of it is left in the journal', () => {
    const { journal, up, put, wrote, ack } = kept()
    up()
    const [a] = [posted('a')]
    put(a)
    expect(wrote()).toEqual([])
    journal.answer('failed')
    expect([wrote(), journal.asked()]).toEqual([['a'], ['put a written']])
    ack(a)
    expect([fateOf(a), journal.asked()]).toEqual(['right', ['remove a']])
  })

  it('[OB15] what was kept for a server with another memory of lanes is kept anew before it is written there', () => {
    const { journal, up, down, put, wrote } = kept()
    up({ lanes: 'L1' })
    put(posted('a'))
    journal.answer()
    down()
    up({ lanes: 'L1' })
    expect(wrote()).toEqual(['a', 'a='])
    down()
    up({ lanes: 'L2' })
    expect([journal.asked(), wrote()]).toEqual([['put a written to L1', 'put a written'], []])
    journal.answer()
    expect(wrote()).toEqual(['a*'])
  })

  it('[OB15] a send is not kept', () => {
    const { journal, up, put, wrote } = kept()
    up()
    put(message('a'))
    expect([journal.asked(), wrote()]).toEqual([[], ['a']])
  })
})

describe('what an earlier life has posted', () => {
  const takeOver = (...records: readonly Posted[]) => {
    const rig = kept()
    const all = records.map(adopted)
    rig.turn(() => {
      records.forEach((each, at) => {
        all[at]!.entry = rig.adopt(each, all[at]!.waiter)
      })
    })
    return { ...rig, all }
  }

  it('[OB16] goes first in its room, under its own producer and seq; what is new waits until it is settled', () => {
    const { journal, all, up, put, ack, published } = takeOver(
      record('a', 7, { writtenAt: 0, lanes: 'L' }),
      record('b', 9),
    )
    put(message('new'), message('elsewhere', 'x'))
    up({ lanes: 'L' })
    expect([published(), journal.asked()]).toEqual([['old 7 a', 'p 2 elsewhere'], ['put b written to L']])
    journal.answer()
    expect(published()).toEqual(['old 9 b'])
    ack(all[0]!)
    expect(published()).toEqual([])
    ack(all[1]!)
    expect(published()).toEqual(['p 1 new'])
  })

  it('[OB16] several lives go one after the other', () => {
    const { journal, all, up, put, ack, published } = takeOver(
      record('a', 1),
      record('b', 1, { producer: 'older still' }),
    )
    put(message('new'))
    up()
    journal.answer()
    journal.answer()
    expect(published()).toEqual(['old 1 a'])
    ack(all[0]!)
    expect(published()).toEqual(['older still 1 b'])
    ack(all[1]!)
    expect(published()).toEqual(['p 1 new'])
  })

  it('[OB16] expires at its own age; what was first written too long ago is not written again', () => {
    const { all, up, time } = takeOver(
      record('old', 1, { since: -299_000 }),
      record('written', 2, { writtenAt: -0.95 * limits.dedupeMs }),
    )
    time.advanceBy(1_000)
    expect(all.map(fateOf)).toEqual(['delivery/timeout, executed: no', undefined])
    up()
    expect(all.map(fateOf)[1]).toBe('delivery/unknown, executed: unknown')
  })

  it('[OB16] is never sent in the name of another user, also where the first welcome is of another', () => {
    const journal = playedJournal()
    const { turn, adopt, up, wrote } = playedRig({}, undefined, { user: 'ana' }, journal)
    const [old] = [record('a', 1)]
    const sent = adopted(old)
    turn(() => adopt(old, sent.waiter))
    up({}, 'ben')
    expect([wrote(), fateOf(sent), journal.asked()]).toEqual([[], 'delivery/disowned, executed: unknown', []])
  })
})
