import type { ConfigError } from '../core/error.js'
import {
  callable,
  either,
  type Check,
  type Checks,
  group,
  ms,
  optionFault,
  required,
  scheduler,
  whatever,
  whole,
  withMethods,
  yesOrNo,
} from '../core/check.js'
import { loggerCheck } from '../core/logger.js'
import { hasMethods } from '../core/shape.js'
import { waitChecks } from '../core/wait.js'
import { isName } from '../protocol/field.js'
import { bounds } from '../protocol/frame.js'
import { propertyChecks, reason } from '../protocol/room-checks.js'
import { isLonger } from '../protocol/utf8.js'
import { budgetChecks } from './budget.js'
import { answersFault, isAnswers } from './calls/call-names.js'
import type { ServerPublishOptions } from './application.js'
import type { Hooks } from './hooks.js'
import type { UserChange } from './identity.js'
import type { CreateRoomOptions } from './life/order-options.js'
import { reservationMs } from '../protocol/room-info.js'
import type { CloseOrder, InviteOrder, ReserveOrder, SanctionOrder } from './life/order-fields.js'
import type { DrainOptions, KickOptions } from './go-away.js'
import type { GivenLimits, PresenceOptions, RoomServerOptions, DirectoryLimits } from './options.js'
import type { MemoryOptions, Retention } from './retention.js'
import { rolesIn, userDataIn } from './user-data.js'

const wholeAbove0 = /*#__PURE__*/ whole(1)
const whole0 = /*#__PURE__*/ whole(0)

/** An engine, identified by its methods. */
export const engine = /*#__PURE__*/ withMethods(
  'an engine: memory(), files({ directory }) or one of your own',
  'append',
  'follow',
  'read',
  'head',
  'claim',
  'close',
)

const isCodec = (value: unknown): boolean =>
  hasMethods(value, 'encode', 'pack', 'unpack', 'size') &&
  typeof (value as { subprotocol?: unknown }).subprotocol === 'string'

const codecs: Check = {
  expected: 'a list of at least one codec',
  is: (value) => Array.isArray(value) && value.length > 0 && value.every(isCodec),
}

export const limitChecks: Checks<keyof GivenLimits> = {
  messageBytes: wholeAbove0,
  rooms: wholeAbove0,
  joinsPerFrame: wholeAbove0,
  publishesPerSecond: wholeAbove0,
  unseenBytes: wholeAbove0,
  history: wholeAbove0,
}

const presenceChecks: Checks<keyof PresenceOptions> = {
  quietMs: whole0,
  graceMs: whole0,
  leaseMs: /*#__PURE__*/ whole(1_000),
  rosterMax: wholeAbove0,
  stateBytes: /*#__PURE__*/ whole(1, 4_096),
  bytesPerSecond: wholeAbove0,
}

const directoryChecks: Checks<keyof DirectoryLimits> = {
  roomsMax: wholeAbove0,
  countsMs: whole0,
  bytesPerSecond: wholeAbove0,
}

const hookChecks: Checks<keyof Hooks> = {
  create: callable,
  join: callable,
  message: callable,
  set: callable,
  drop: callable,
  back: callable,
  leave: callable,
  close: callable,
}

/** The options of every room server. */
export const roomServerChecks: Checks<keyof RoomServerOptions> = {
  engine,
  authenticate: callable,
  authorize: callable,
  hooks: /*#__PURE__*/ group(hookChecks),
  sessionsPerUser: /*#__PURE__*/ either('a whole number from 1, or Infinity', wholeAbove0, {
    expected: '',
    is: (value) => value === Infinity,
  }),
  limits: /*#__PURE__*/ group(limitChecks),
  heartbeat: /*#__PURE__*/ group({ intervalMs: wholeAbove0, graceMs: wholeAbove0 }),
  handshakeMs: wholeAbove0,
  answerMs: wholeAbove0,
  budgets: /*#__PURE__*/ group(budgetChecks()),
  busy: /*#__PURE__*/ group({ retryAfterMs: whole0, spreadMs: whole0 }),
  highWaterBytes: wholeAbove0,
  stallMs: wholeAbove0,
  drainMs: whole0,
  presence: /*#__PURE__*/ group(presenceChecks),
  list: callable,
  directory: /*#__PURE__*/ group(directoryChecks),
  calls: {
    expected: 'a list of answers(…) and serverAnswers(…)',
    is: (value) => Array.isArray(value) && value.every(isAnswers),
    within: answersFault,
  },
  logger: loggerCheck,
  scheduler,
  wall: callable,
  random: callable,
  ids: callable,
  crypto: /*#__PURE__*/ withMethods('an object with hash, verify and sign', 'hash', 'verify', 'sign'),
  codecs,
}

/** Accepts Infinity, for no bound, where there is no maximum. */
const bound = (most = Infinity): Check => {
  const inner = whole(1, most)
  return most < Infinity ? inner : { ...inner, is: (value) => value === Infinity || inner.is(value) }
}

/** The bounds of an engine. */
export const retentionChecks: Checks<keyof Retention> = {
  messages: bound(),
  bytes: bound(),
  ageMs: bound(),
  totalBytes: bound(),
  rooms: bound(),
  dedupeMs: bound(),
  outcomes: bound(),
  sessions: bound(),
  sessionMs: bound(),
  commands: bound(),
  commandBytes: bound(),
}

export const memoryChecks: Checks<keyof MemoryOptions> = {
  ...retentionChecks,
  scheduler,
  wall: callable,
  ids: callable,
  epochs: callable,
  tableEpochs: callable,
}

const anyText: Check = { expected: 'a text', is: (value) => typeof value === 'string' }
const nameIn = (bytes: number): Check => ({
  expected: `a text of 1 to ${bytes} bytes`,
  is: (value) => isName(value, bytes),
})
const nameOf = (bytes: number): Check => required(nameIn(bytes))

/** Accepts any id and user: the publish itself refuses invalid ones. */
export const publishChecks: Checks<keyof ServerPublishOptions> = { id: whatever, from: whatever, ...waitChecks }
export const kickChecks: Checks<keyof KickOptions> = { message: anyText, ...waitChecks }
export const usersChecks: Checks = {
  users: required({
    expected: `a list of 1 to ${bounds.reservedUsers} texts, each of 1 to ${bounds.userBytes} bytes`,
    is: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.length <= bounds.reservedUsers &&
      value.every((user) => isName(user, bounds.userBytes)),
  }),
}
export const userChecks: Checks = { user: nameOf(bounds.userBytes) }
export const roomChecks: Checks = { room: nameOf(bounds.roomBytes) }
export const kickedChecks: Checks = { ...roomChecks, ...userChecks }
export const sessionChecks: Checks = { ...userChecks, session: nameOf(bounds.idBytes) }
export const userChangeChecks: Checks<keyof UserChange> = {
  roles: {
    expected: `a list of texts, of at most ${bounds.rolesBytes} bytes of JSON`,
    is: (value) => rolesIn(value) !== undefined && !isLonger(JSON.stringify(value), bounds.rolesBytes),
  },
  data: {
    expected: `a plain object of at most ${bounds.userDataBytes} bytes of JSON`,
    is: (value) => userDataIn(value) !== undefined,
  },
}

export const drainChecks: Checks<keyof DrainOptions> = {
  because: anyText,
  afterMs: ms,
  spreadMs: ms,
  never: yesOrNo,
  to: anyText,
  drainMs: ms,
  ...waitChecks,
}

export const closeChecks: Checks<keyof CloseOrder> = { inMs: whole0, because: reason }
export const inviteChecks: Checks<keyof InviteOrder> = {
  user: { expected: `a text of 1 to ${bounds.userBytes} bytes`, is: (value) => isName(value, bounds.userBytes) },
  uses: /*#__PURE__*/ whole(1, bounds.invitationUses),
  forMs: wholeAbove0,
}
export const reserveChecks: Checks<keyof ReserveOrder> = {
  forMs: /*#__PURE__*/ whole(0, reservationMs),
  beyond: yesOrNo,
}
export const sanctionChecks: Checks<keyof SanctionOrder> = { forMs: whole0, because: reason }

export const createChecks: Checks<keyof CreateRoomOptions> = {
  ...propertyChecks,
  ...waitChecks,
  id: nameIn(bounds.idBytes),
  by: nameIn(bounds.userBytes),
}

/** Returns the first fault of a room server's options, including those of its engine. */
export const roomServerFault = (options: unknown): ConfigError | undefined =>
  optionFault(options, { ...roomServerChecks, engine: required(engine) }) ?? (options as RoomServerOptions).engine.fault
