import { type Check, type Checks, count, oneOf, required, time, whole, yesOrNo } from '../core/check.js'
import { isPlain } from '../core/plain.js'
import * as bounds from './bounds.js'
import { isName, isFields } from './field.js'
import type { GivenProperties, RoomPatch } from './room-info.js'
import { isLonger } from './utf8.js'

const isMetadata = (value: unknown): boolean =>
  isPlain(value) && isFields(value) && !isLonger(JSON.stringify(value), bounds.metadataBytes)

/** The properties of a room. */
export const propertyChecks: Checks<keyof GivenProperties> = {
  open: yesOrNo,
  visible: yesOrNo,
  capacity: count,
  seat: /*#__PURE__*/ oneOf('user', 'session'),
  inviteOnly: yesOrNo,
  password: {
    expected: `a text of 1 to ${bounds.passwordBytes} bytes`,
    is: (value) => isName(value, bounds.passwordBytes),
  },
  closesAt: time,
  emptyTtlMs: /*#__PURE__*/ whole(0),
  metadata: {
    expected: `an object of at most ${bounds.metadataBytes} bytes of JSON`,
    is: isMetadata,
  },
  listed: {
    expected: `a list of at most ${bounds.listedNames} texts`,
    is: (value) =>
      Array.isArray(value) && value.length <= bounds.listedNames && value.every((one) => typeof one === 'string'),
  },
}

/** Accepts `null` too, which removes a property. */
const orNull = (inner: Check): Check => ({ ...inner, is: (value) => value === null || inner.is(value) })

/** A change of a room. */
export const patchChecks: Checks<keyof RoomPatch> = {
  ...propertyChecks,
  password: /*#__PURE__*/ orNull(propertyChecks.password),
  capacity: /*#__PURE__*/ orNull(propertyChecks.capacity),
  closesAt: /*#__PURE__*/ orNull(propertyChecks.closesAt),
  emptyTtlMs: /*#__PURE__*/ orNull(propertyChecks.emptyTtlMs),
}

/** The reason of an order. */
export const reason: Check = {
  expected: `a text of 1 to ${bounds.reasonBytes} bytes`,
  is: (value) => isName(value, bounds.reasonBytes),
}

export const userCheck: Check = {
  expected: `a text of 1 to ${bounds.userBytes} bytes`,
  is: (value) => isName(value, bounds.userBytes),
}

/** The user of an order. */
export const userChecks: Checks<'user'> = { user: /*#__PURE__*/ required(userCheck) }
