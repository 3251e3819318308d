import type { ClientRecord, Present, Valued } from '../../chaos/history/record.js'
import type { Run } from './support.js'

const room = 'p'

/** A member of the room `p`, which observes it too. */
interface Guest {
  readonly life: string
  readonly session: string
  readonly records: ClientRecord[]
  meeting: number
  isThere: boolean
}

/**
 * A run without an error, in a room without messages: `a`, `b` and `c` meet, set states and write values; the link of `b`
 * is lost for a moment, `d` is killed and leaves after the grace, and `c` is removed and comes back.
 */
export const goodAssembly = (): Run => {
  const run: Run = { lives: new Map(), server: [], director: [], logs: [] }
  const guests = new Map<string, Guest>()
  const members = new Map<string, Present>()
  const values = new Map<string, Valued>()
  const versions = { members: 0, shared: 0 }
  const poses = new Map<string, number>()
  let at = 1

  const observers = (): readonly Guest[] => [...guests.values()].filter(({ isThere }) => isThere)
  const guest = (user: string): Guest => guests.get(user)!
  const row = (user: string, more = ''): Valued => {
    const { session } = guest(user)
    return [`${user}\n${session}`, ++versions.members, `[{"n":${poses.get(user)}}${more}]`]
  }
  const told = (tag: 'Joined' | 'Updated' | 'Leaving' | 'Left', user: string, cause = 'live'): void => {
    const present: Present = [guest(user).session, user, poses.get(user) ?? null]
    for (const { records, meeting } of observers()) records.push(['member', ++at, meeting, tag, ...present, cause])
    if (tag === 'Left') members.delete(user)
    else members.set(user, present)
  }
  const dropped = (user: string, cause: string): void => {
    const key = `${user}\n${guest(user).session}`
    run.server.push(['changed', ++at, 'members', room, 'e', ++versions.members, [], [[key, cause]]])
    told('Left', user, cause)
  }
  const pose = (user: string): void => {
    const { records } = guest(user)
    const n = (poses.get(user) ?? 0) + 1
    const isNew = !members.has(user)
    poses.set(user, n)
    records.push(['pose', ++at, room, n])
    const sentAt = ++at
    run.server.push(['changed', ++at, 'members', room, 'e', versions.members + 1, [row(user)], []])
    records.push(['shown', ++at, room, sentAt], ['posed', at, room, n, ''])
    told(isNew ? 'Joined' : 'Updated', user)
  }
  const meet = (user: string): void => {
    const here = guest(user)
    here.records.push(['met', ++at, ++here.meeting, room])
    here.records.push(['roster', ++at, here.meeting, 0, 1, [...members.values()]])
    here.records.push(['values', at, here.meeting, 0, 1, [...values.values()]])
    here.isThere = true
    pose(user)
  }
  const arrive = (user: string): void => {
    const made = { life: `${user}.1`, session: `${user}-s`, records: [], meeting: -1, isThere: false }
    guests.set(user, made)
    run.lives.set(made.life, made.records)
    guest(user).records.push(['state', ++at, 'Online', ''], ['session', at, made.session])
    meet(user)
  }
  const write = (user: string, key: string, isConditional = false): void => {
    const { records } = guest(user)
    const id = `${user}-${++at}`
    const version = ++versions.shared
    records.push(['set', at, id, room, key, id, 0, isConditional ? (values.get(key)?.[1] ?? 0) : -1])
    values.set(key, [key, version, id])
    run.server.push(['changed', ++at, 'shared', room, 'f', version, [[key, version, JSON.stringify(id)]], []])
    for (const each of observers()) each.records.push(['value', ++at, each.meeting, key, version, id])
    records.push(['wrote', ++at, id, version])
  }

  run.server.push(['serving', at, 'server.1', 0])
  run.server.push(['table', at, 'members', room, 'e', 0, []], ['table', at, 'shared', room, 'f', 0, []])
  for (const user of ['a', 'b', 'c', 'd']) arrive(user)
  for (let round = 0; round < 200; round++) {
    const user = ['a', 'b', 'c'][round % 3]!
    if (round % 2 === 0) pose(user)
    else write(user, `k${round % 4}`, round % 8 === 1)
  }
  const [stays] = values.values()
  guest('a').records.push(['set', ++at, 'a-new', room, stays![0], 'a-new', 1, -1])
  guest('a').records.push(['kept', ++at, 'a-new', stays![1], stays![2]])

  at = 10_000
  run.director.push(['broken', at, at, 'reset', ['b'], []])
  guest('b').records.push(['state', ++at, 'Waiting', ''], ['state', at + 50, 'Online', ''])
  guest('b').records.push(['shown', at + 60, room, at + 55])
  at = 12_000
  run.director.push(['broken', at, at, 'client killed', ['d'], []])
  guest('d').isThere = false
  at += 110
  run.server.push(['changed', at, 'members', room, 'e', versions.members + 1, [row('d', ',99')], []])
  told('Leaving', 'd')
  at += 410
  dropped('d', 'grace')

  at = 30_000
  run.server.push(['order', ++at, 'k1', 'kick', room, 'c', 0], ['ordered', ++at, 'k1', ''])
  guest('c').isThere = false
  guest('c').records.push(['barred', ++at, guest('c').meeting, 'room/kicked'])
  dropped('c', 'kicked')
  at = 40_000
  meet('c')

  at = 70_000
  for (const { records, meeting } of observers()) {
    records.push(['roster', ++at, meeting, 1, 1, [...members.values()]])
    records.push(['values', ++at, meeting, 1, 1, [...values.values()]])
  }
  for (const { records, isThere } of guests.values()) if (isThere) records.push(['ended', ++at])
  return run
}
