import * as bounds from './bounds.js'
import { isCount, isList, isName, payloadFlaw } from './field.js'
import { Flaw } from './flaw.js'
import { count, flag, id, kind, type Kind, object, positive, type Row, text, payload } from './kind.js'
import { type FrameTable, reader } from './read.js'
import type { Counts, TableFrame, TablePlace } from './table-frame.js'

export const tablePlace = /*#__PURE__*/ object<TablePlace>({ epoch: id, version: count })

const isKey = (value: unknown): boolean => isName(value, bounds.keyBytes)

const isRow = (value: unknown): boolean =>
  isList(value) &&
  isKey(value[0]) &&
  isCount(value[1]) &&
  value.length > 2 &&
  payloadFlaw(value[2]) === undefined &&
  (value[3] === undefined || isCount(value[3]))

const isDrop = (value: unknown): boolean => isList(value) && isKey(value[0]) && typeof value[1] === 'string'

const listOf =
  (expected: string, is: (item: unknown) => boolean): Kind =>
  (value) =>
    isList(value) && value.every(is) ? value : new Flaw(expected, value)

const counts: Row<Counts> = { rows: count, names: count }
export const tableTotal = /*#__PURE__*/ object<Counts>(counts)
const rows = /*#__PURE__*/ listOf('rows', isRow)
const row = /*#__PURE__*/ kind('row', isRow)
const drops = /*#__PURE__*/ listOf('keys with causes', isDrop)

/** The frames of tables that servers send: a row for each, with the fields and types of docs/protocol.md. */
export const tableTable = (): FrameTable<TableFrame> => ({
  objects: {
    rows: {
      number: positive,
      of: text,
      view: count,
      epoch: id,
      version: count,
      page: count,
      'total?': tableTotal,
      rows,
      more: flag,
    },
    change: {
      number: positive,
      of: text,
      epoch: id,
      version: count,
      prev: count,
      put: rows,
      drop: drops,
      'more?': flag,
    },
    count: { number: positive, of: text, view: count, ...counts },
    'put.ok': { ch: count, version: count, 'value?': payload },
    kept: { ch: count, 'row?': row },
  },
  lists: {},
})

/** Checks an envelope of a table. */
export const readTable = /*#__PURE__*/ reader<TableFrame>(tableTable)
