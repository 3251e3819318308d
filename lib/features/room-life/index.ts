export { creation } from './creation.js'
export { reasonOf } from './reason.js'
export { roomLife } from './room-life.js'

export type { CreatedRoom, Creating, Creation, CreateOptions } from './creation.js'
export type { RefusalReason } from './reason.js'
export type { CloseOptions, RoomLife, SanctionOptions } from './room-life.js'
export type { RoomDetails, RoomEnd, RoomMaker, RoomPatch, RoomProperties, SeatOf } from '../../protocol/room-info.js'
