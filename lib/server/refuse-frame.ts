import type { Refusal } from '../protocol/frame.js'
import type { Meter } from './meter.js'
import type { Writer } from './writer.js'

/** A connection that refuses. */
interface Refusing {
  readonly meter: Meter
  readonly writer: Writer
}

/** Refuses one frame of a connection, and charges for it. */
export const refuseFrame = ({ meter, writer }: Refusing, ref: number, because: Refusal): void => {
  meter.refused(because.code)
  writer.control({ t: 'refused', ref, ...because })
}

/** Refuses a join or a history request, or ends a membership, and charges for it. */
export const refuseChannel = ({ meter, writer }: Refusing, ch: number, because: Refusal): void => {
  meter.refused(because.code)
  writer.control({ t: 'left', ch, ...because })
}
