export { directory } from './directory.js'

export type { Directory, DirectoryOptions, RoomsState } from './directory.js'
export type { ListedRoom, ListedValue } from '../../protocol/listed-room.js'
