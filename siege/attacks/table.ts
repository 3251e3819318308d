import type { Attack } from '../attack/attack.js'
import { churn } from './churn.js'
import { crowd } from './crowd.js'
import { departures } from './departures.js'
import { euros } from './euros.js'
import { flood } from './flood.js'
import { giants } from './giants.js'
import { greetings } from './greetings.js'
import { herd } from './herd.js'
import { histories } from './histories.js'
import { holes } from './holes.js'
import { knocks } from './knocks.js'
import { leaves } from './leaves.js'
import { memberships } from './memberships.js'
import { orphans } from './orphans.js'
import { pages } from './pages.js'
import { passwords } from './passwords.js'
import { publishes } from './publishes.js'
import { readers } from './readers.js'
import { reconnects } from './reconnects.js'
import { renewals } from './renewals.js'
import { replays } from './replays.js'
import { rubbish } from './rubbish.js'
import { silence } from './silence.js'
import { sockets } from './sockets.js'
import { swarms } from './swarms.js'
import { tokens } from './tokens.js'
import { unknowns } from './unknowns.js'
import { upgrades } from './upgrades.js'
import { visits } from './visits.js'

/** The attacks, in the order in which they run. */
export const attacks = {
  leaves,
  pages,
  renewals,
  orphans,
  flood,
  memberships,
  herd,
  holes,
  upgrades,
  silence,
  readers,
  reconnects,
  sockets,
  greetings,
  crowd,
  passwords,
  tokens,
  publishes,
  churn,
  giants,
  replays,
  histories,
  unknowns,
  swarms,
  departures,
  rubbish,
  visits,
  knocks,
  euros,
} as const satisfies Readonly<Record<string, Attack>>

export type AttackName = keyof typeof attacks

export const names = Object.keys(attacks) as readonly AttackName[]

export const isAttack = (name: string): name is AttackName => Object.hasOwn(attacks, name)
