export { manyRooms } from './room-set.js'

export type { RoomSet } from './room-set.js'
