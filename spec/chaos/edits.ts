import type { ClientRecord, ServerRecord } from '../../chaos/history/record.js'

type Any = ClientRecord | ServerRecord
export type Tagged<R extends Any, T extends R[0]> = Extract<R, readonly [T, ...unknown[]]>

/** The place of the last record of a kind that fits. */
export const placeOf = <R extends Any, T extends R[0]>(
  records: readonly R[],
  tag: T,
  fits: (record: Tagged<R, T>) => boolean = () => true,
): number => {
  const fitting = records.flatMap((record, index) => (record[0] === tag && fits(record as Tagged<R, T>) ? [index] : []))
  const at = fitting.at(-1) ?? -1
  if (at < 0) throw new Error('there is no such record')
  return at
}
export const edit = <R extends Any, T extends R[0]>(
  records: R[],
  at: number,
  _tag: T,
  change: (record: Tagged<R, T>) => R,
): void => {
  records[at] = change(records[at] as Tagged<R, T>)
}
export const remove = (records: ClientRecord[], at: number): void => void records.splice(at, 1)
export const double = (records: ClientRecord[], at: number): void => void records.splice(at, 0, records[at]!)
