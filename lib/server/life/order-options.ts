import type { WaitOptions } from '../../core/wait.js'
import type { GivenProperties } from '../../protocol/room-info.js'
import type { CloseOrder, ReserveOrder, SanctionOrder } from './order-fields.js'

/** Options of `create`. All may be left out. */
export interface CreateRoomOptions extends WaitOptions, GivenProperties {
  readonly id?: string | undefined
  readonly by?: string | undefined
}

/** Options of `close`. All may be left out. */
export interface CloseRoomOptions extends WaitOptions, CloseOrder {}

/** Options of `kick`, `ban` and `mute`. All may be left out. */
export interface SanctionOptions extends WaitOptions, SanctionOrder {}

/** Options of `reserve`. All may be left out. */
export interface ReserveOptions extends WaitOptions, ReserveOrder {}
