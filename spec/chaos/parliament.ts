import type { ClientRecord, ServerRecord } from '../../chaos/history/record.js'
import type { Run } from './support.js'

/** The rooms of this run: in the first users are banned and muted, the second has leaders, the third two seats. */
export const [court, council, bench] = ['b', 'l', 's']

/**
 * A run without an error: `a`, `b` and `c` are members of a room in which `b` is banned, comes back and is muted, and `c` is
 * banned over a restart of the server; `a` and `b` lead in turn; `a` and `b` have the seats and `c` waits.
 */
export const goodParliament = (): Run => {
  const run: Run = { lives: new Map(), server: [], director: [], logs: [] }
  const log: string[] = []
  const users = ['a', 'b', 'c']
  const of = (user: string): ClientRecord[] => run.lives.get(`${user}.1`)!
  const serve = (...records: readonly ServerRecord[]): void => void run.server.push(...records)
  const say = (at: number, user: string, id: string, room: string, outcome: string, term?: number): void => {
    const records = of(user)
    if (term !== undefined) records.push(['termed', at, id, term])
    records.push(['invoked', at, id, room], ['written', at, id])
    if (outcome !== '') {
      records.push(['refused', at + 10, id, 'no', outcome])
      return
    }
    const ids = run.logs.find((each) => each.room === room)!.ids
    ids.push(id)
    serve(['logged', at + 5, room, 'e', ids.length, [id]])
    records.push(['receipt', at + 10, id, 'e', ids.length, 0])
  }
  const rowOf = (user: string, version: number) => [`${user}\n${user}-s`, version, '[{"n":1}]'] as const
  for (const room of [court, council]) run.logs.push({ room, epoch: 'e', first: 1, ids: room === court ? log : [] })
  serve(['serving', 1, 'server.1', 0], ['capacity', 2, bench, 2])
  for (const [at, user] of users.entries()) {
    run.lives.set(`${user}.1`, [
      ['state', 3, 'Online', ''],
      ['session', 3, `${user}-s`],
      ['met', 3, 0, court],
      ['roster', 4, 0, 0, 1, users.slice(0, at).map((each) => [`${each}-s`, each, 1])],
      ['pose', 5, court, 1],
      ['shown', 7, court, 6],
    ])
  }
  for (const [at, user] of users.entries()) {
    serve(['changed', 6, 'members', court, 'm', at + 1, [rowOf(user, at + 1)], []])
    for (const each of users.slice(0, at + 1)) of(each).push(['member', 8, 0, 'Joined', `${user}-s`, user, 1, 'live'])
  }
  const leave = (at: number, user: string, version: number, others: readonly string[]): void => {
    serve(['changed', at, 'members', court, 'm', version, [], [[`${user}\n${user}-s`, 'banned']]])
    of(user).push(['barred', at + 5, 0, 'room/banned'])
    for (const each of others) of(each).push(['member', at + 5, 0, 'Left', `${user}-s`, user, 1, 'banned'])
  }
  const comeBack = (at: number, user: string, version: number, members: readonly string[]): void => {
    of(user).push(['met', at, 1, court], ['roster', at + 1, 1, 0, 1, members.map((each) => [`${each}-s`, each, 1])])
    of(user).push(['pose', at + 2, court, 1], ['shown', at + 4, court, at + 3])
    serve(['changed', at + 3, 'members', court, 'm', version, [rowOf(user, version)], []])
    of(user).push(['member', at + 5, 1, 'Joined', `${user}-s`, user, 1, 'live'])
    for (const each of members) of(each).push(['member', at + 5, 0, 'Joined', `${user}-s`, user, 1, 'live'])
  }

  // The leaders.
  const lead = (at: number, user: string, term: number): void => {
    const row = JSON.stringify([user, `${user}-s`, term])
    serve(['changed', at, 'leader', council, 't', term * 2, [['term', term * 2, String(term)]], []])
    serve(['changed', at, 'leader', council, 't', term * 2 + 1, [['leader', term * 2 + 1, row]], []])
    for (const each of ['a', 'b'])
      of(each).push(['part', at + 5, council, 0, each === user ? 'Leading' : 'Following', term, each === user ? '' : `${user}-s`, 1]) // prettier-ignore
  }
  for (const user of ['a', 'b']) of(user).push(['stood', 20, council])
  serve(['table', 10, 'leader', council, 't', 0, []])
  lead(30, 'a', 7)
  say(40, 'a', 'a-t1', council, '', 7)
  say(60, 'a', 'a-t2', council, '', 7)
  lead(80, 'b', 8)
  say(100, 'b', 'b-t1', council, '', 8)
  say(120, 'a', 'a-t3', council, 'room/term', 7)

  // The seats.
  serve(['table', 130, 'seats', bench, 'u', 0, []])
  for (const [at, user] of ['a', 'b'].entries()) {
    of(user).push(['asked', 131, bench, 1])
    serve(['changed', 132 + at, 'seats', bench, 'u', at + 1, [[`${user}\nn`, at + 1, '[]']], []])
    of(user).push(['sat', 140, bench, 0, 'In', 0, ''])
  }
  of('c').push(['asked', 150, bench, 1], ['sat', 155, bench, 0, 'Joining', 1, ''])

  // `b` is banned for 20 s.
  serve(['order', 10_000, 'o1', 'ban', court, 'b', 20_000])
  leave(10_010, 'b', 4, ['a', 'c'])
  serve(['ordered', 10_020, 'o1', ''])
  say(15_000, 'b', 'b-1', court, 'room/banned')
  say(20_000, 'a', 'a-1', court, '')
  comeBack(31_000, 'b', 5, ['a', 'c'])
  say(32_000, 'b', 'b-2', court, '')
  // `b` is muted for a while.
  serve(['order', 40_000, 'o2', 'mute', court, 'b', 20_000], ['ordered', 40_010, 'o2', ''])
  say(45_000, 'b', 'b-3', court, 'room/muted')
  serve(['order', 50_000, 'o3', 'unmute', court, 'b', 0], ['ordered', 50_010, 'o3', ''])
  say(51_000, 'b', 'b-4', court, '')
  // `c` is banned over a restart.
  serve(['order', 60_000, 'o4', 'ban', court, 'c', 25_000])
  leave(60_010, 'c', 6, ['a'])
  of('b').push(['member', 60_015, 1, 'Left', 'c-s', 'c', 1, 'banned'])
  serve(['ordered', 60_020, 'o4', ''])
  serve(['serving', 70_000, 'server.2', 0])
  say(80_000, 'c', 'c-1', court, 'room/banned')
  of('c').push(['met', 86_000, 1, court], ['roster', 86_001, 1, 0, 1, ['a', 'b'].map((each) => [`${each}-s`, each, 1])])
  of('c').push(['pose', 86_002, court, 1], ['shown', 86_004, court, 86_003])
  serve(['changed', 86_003, 'members', court, 'm', 7, [rowOf('c', 7)], []])
  for (const [each, meeting] of [
    ['a', 0],
    ['b', 1],
    ['c', 1],
  ] as const)
    // prettier-ignore
    of(each).push(['member', 86_005, meeting, 'Joined', 'c-s', 'c', 1, 'live'])

  run.director.push(['calm', 88_000, 120_000])
  for (const [user, meeting] of [
    ['a', 0],
    ['b', 1],
    ['c', 1],
  ] as const) {
    // prettier-ignore
    of(user).push(['roster', 120_000, meeting, 1, 1, users.map((each) => [`${each}-s`, each, 1])])
    if (user === 'c') of(user).push(['sat', 120_000, bench, 1, 'Joining', 1, ''])
    else {
      of(user).push(['sat', 120_000, bench, 1, 'In', 0, ''])
      of(user).push([
        'part',
        120_000,
        council,
        1,
        user === 'b' ? 'Leading' : 'Following',
        8,
        user === 'b' ? '' : 'b-s',
        1,
      ])
    }
    of(user).push(['ended', 120_001])
  }
  return run
}
